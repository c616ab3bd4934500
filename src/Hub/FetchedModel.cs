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

    /// <summary>Copies the files into a folder, under the names that a repository or a row gives them; each appears when it is whole.</summary>
    /// <param name="folder">The folder, which is made where there is none.</param>
    /// <returns>The copies.</returns>
    /// <exception cref="HubException">The folder cannot be written.</exception>
    public FetchedModel CopyTo(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string root = System.IO.Path.GetFullPath(folder);
        var copies = new List<string>();
        foreach (var (at, file) in Files.Index())
        {
            string copy = SafePath.Join(root, NameOf(at), Name);
            Storage.WriteWhole(copy, target => Copy(file, target));
            copies.Add(copy);
        }
        return this with { Files = copies, Folder = Folder is null ? null : root };
    }

    private string NameOf(int at)
    {
        if (Folder is not null) return System.IO.Path.GetRelativePath(Folder, Files[at]).Replace(System.IO.Path.DirectorySeparatorChar, '/');
        string? given = Row?.Source is PackageWeightSource package ? package.Files[at].SaveAs : null;
        return given ?? System.IO.Path.GetFileName(Files[at]);
    }

    private static void Copy(string file, Stream target)
    {
        using var source = File.OpenRead(file);
        source.CopyTo(target);
    }
}
