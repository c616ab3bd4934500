namespace Graft.Hub;

/// <summary>Published weights on this machine.</summary>
/// <param name="Name">The name by which they were asked for.</param>
/// <param name="Files">The files: the one with the weights first, then those that go with it.</param>
/// <param name="Row">What is known of them; null for a repository or package that no row is of.</param>
public sealed record FetchedModel(string Name, IReadOnlyList<string> Files, PublishedWeights? Row)
{
    /// <summary>The folder of a hub's repository; null for weights that are files of their own.</summary>
    public string? Folder { get; init; }

    /// <summary>What a command is given: the folder of a repository, or the file with the weights.</summary>
    public string Path => Folder ?? Files[0];
}
