namespace Graft.Hub;

/// <summary>How far a download is.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Done">The bytes that are on disk, those of an earlier, broken download included.</param>
/// <param name="Total">The file's bytes; null where the server does not say.</param>
public readonly record struct FetchProgress(string File, long Done, long? Total);
