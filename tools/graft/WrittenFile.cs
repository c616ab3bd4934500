namespace Graft.CommandLine;

/// <summary>Files that commands write.</summary>
internal static class WrittenFile
{
    /// <summary>Refuses the path of a folder where a file is to be written.</summary>
    /// <exception cref="WrongInputException">It is one.</exception>
    public static void RequireNoFolder(string option, string path)
    {
        if (Directory.Exists(path)) throw new WrongInputException($"{option} {Printable.Whole(path)} is a folder: give the name of a file");
    }

    /// <summary>Writes a file.</summary>
    /// <exception cref="WorkFailedException">It cannot be written.</exception>
    public static void Save(string path, Action<string> save)
    {
        try
        {
            save(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"{Printable.Whole(path)} cannot be written ({Shell.Line(exception.Message)}); nothing was saved", exception);
        }
    }
}
