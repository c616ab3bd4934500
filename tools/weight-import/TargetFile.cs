using Graft.CommandLine;

namespace Graft.WeightImport;

/// <summary><c>--to</c>: the file or folder that a command writes.</summary>
internal static class TargetFile
{
    /// <summary>Refuses a path where no file can be written.</summary>
    /// <param name="target">The path.</param>
    public static void Require(string target)
    {
        if (string.IsNullOrWhiteSpace(target)) throw new WrongInputException("--to needs the path of the file to write");
        if (Directory.Exists(target)) throw new WrongInputException($"--to {Printable.Text(target)} is a folder: give the path of the file to write");
        RequireParent(target);
        if (SpecialFile.Is(target)) throw new WrongInputException($"--to {Printable.Text(target)} is a pipe or device: give the path of a file to write");
    }

    /// <summary>Refuses a path where no folder can be made or written to.</summary>
    /// <param name="target">The path.</param>
    public static void RequireFolder(string target)
    {
        if (string.IsNullOrWhiteSpace(target)) throw new WrongInputException("--to needs the path of the folder to write");
        if (File.Exists(target)) throw new WrongInputException($"--to {Printable.Text(target)} is a file: give a folder");
        RequireParent(Path.TrimEndingDirectorySeparator(target));
    }

    private static void RequireParent(string target)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(target))!;
        if (!Directory.Exists(folder)) throw new WrongInputException($"--to {Printable.Text(target)}: there is no folder {Printable.Text(folder)}: make it first");
    }
}
