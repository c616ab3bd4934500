using Graft.Audio;

namespace Graft.Tasks;

/// <summary>Which files are sounds, and where they lie.</summary>
internal static class SoundFiles
{
    private static readonly string[] Endings = [".wav", ".wave", ".rf64"];

    public static bool IsOne(string path) => !ImageFileNames.IsForeign(Path.GetFileName(path)) && Endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>The sounds of a folder and those below it, sorted by their paths.</summary>
    public static string[] Within(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(IsOne).Order(StringComparer.Ordinal)];

    /// <exception cref="AudioException">There is no such folder.</exception>
    public static void RequireFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (File.Exists(folder)) throw new AudioException(folder, "is a file, not a folder");
        if (!Directory.Exists(folder)) throw new AudioException(folder, "there is no such folder");
    }
}
