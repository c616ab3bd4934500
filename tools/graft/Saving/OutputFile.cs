namespace Graft.CommandLine;

/// <summary>The file that something will be saved to; its folder is made if need be.</summary>
internal sealed class OutputFile : SavePlace
{
    private OutputFile(string option, string path) : base(option, path)
    {
    }

    protected override string Ending => System.IO.Path.GetExtension(Path);

    /// <summary>Refuses a folder, a pipe or device, and a file whose folder cannot be written or has no space left.</summary>
    /// <param name="option">The option that it was given with.</param>
    /// <param name="path">The file.</param>
    /// <param name="bytes">About how much will be saved; 0 where that is not known yet.</param>
    /// <exception cref="WrongInputException">With what to do instead.</exception>
    public static OutputFile Prepare(string option, string path, long bytes = 0)
    {
        RequirePlain(option, path);
        Require(option, path, FolderOf(path), bytes);
        return new OutputFile(option, path);
    }

    /// <summary>Refuses what can be seen to be wrong before anything else is opened: a folder, a pipe or a device.</summary>
    /// <param name="option">The option that it was given with.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="WrongInputException">It is one.</exception>
    public static void RequirePlain(string option, string path)
    {
        if (Directory.Exists(path)) throw new WrongInputException($"{option} {Printable.Whole(path)} is a folder: give the name of a file");
        if (SpecialFile.Is(path)) throw new WrongInputException($"{option} {Printable.Whole(path)} is a pipe or device, which a file would replace: give the name of a file");
    }

    protected override void Begin(string path) => Directory.CreateDirectory(FolderOf(path));

    private static string FolderOf(string path) => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
}
