namespace Graft.CommandLine;

/// <summary>The wave files of a command line.</summary>
internal static class Sounds
{
    private static readonly EnumerationOptions Below = new() { RecurseSubdirectories = true, MatchCasing = MatchCasing.CaseInsensitive };

    /// <summary>The files themselves, and those of folders, sorted by their paths.</summary>
    /// <exception cref="WrongInputException">A path is neither, or a folder has none.</exception>
    public static string[] List(IEnumerable<string> paths) => [.. paths.SelectMany(Of)];

    private static string[] Of(string path)
    {
        if (File.Exists(path)) return [path];
        if (!Directory.Exists(path)) throw new WrongInputException($"{Printable.Whole(path)}: there is no such file or folder of sounds");
        string[] files = [.. Directory.EnumerateFiles(path, "*.wav", Below).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new WrongInputException($"{Printable.Whole(path)} holds no wave file (.wav)");
    }
}
