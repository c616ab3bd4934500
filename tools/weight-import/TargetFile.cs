using Graft.CommandLine;

namespace Graft.WeightImport;

/// <summary><c>--to</c>: the file that a command writes.</summary>
internal static class TargetFile
{
    /// <summary>Refuses a path where no file can be written.</summary>
    /// <param name="target">The path.</param>
    public static void Require(string target)
    {
        if (string.IsNullOrWhiteSpace(target)) throw new WrongInputException("--to needs the path of the file to write");
        if (Directory.Exists(target)) throw new WrongInputException($"--to {Printable.Text(target)} is a folder: give the path of the file to write");
        string folder = Path.GetDirectoryName(Path.GetFullPath(target))!;
        if (!Directory.Exists(folder)) throw new WrongInputException($"--to {Printable.Text(target)}: there is no folder {Printable.Text(folder)}: make it first");
        if (SpecialFile.Is(target)) throw new WrongInputException($"--to {Printable.Text(target)} is a pipe or device: give the path of a file to write");
    }
}
