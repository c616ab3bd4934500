namespace Graft.Transfer;

/// <summary>Where the outputs of a frozen trunk are kept.</summary>
/// <param name="Mode">In memory or on the disk.</param>
/// <param name="Folder">The folder of those on the disk.</param>
/// <param name="MostBytes">How much the folder may hold.</param>
internal sealed record TrunkCacheSetting(TrunkCacheMode Mode, string Folder, long MostBytes)
{
    /// <summary>Takes the files out that were not used for the longest time, until the folder holds no more than it may.</summary>
    /// <param name="used">What the run uses itself, which stays.</param>
    public void Trim(IReadOnlySet<string> used)
    {
        var files = new DirectoryInfo(Folder).EnumerateFiles("*" + RowFile.Extension, SearchOption.AllDirectories).OrderBy(static file => file.LastWriteTimeUtc).ToList();
        long bytes = files.Sum(static file => file.Length);
        foreach (var file in files)
        {
            if (bytes <= MostBytes) return;
            if (used.Contains(file.FullName)) continue;
            bytes -= file.Length;
            try
            {
                file.Delete();
                if (file.Directory is { } trunk && !trunk.EnumerateFileSystemInfos().Any()) trunk.Delete();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // another run has it open, or has begun a file beside it: the next one tries again
            }
        }
    }
}
