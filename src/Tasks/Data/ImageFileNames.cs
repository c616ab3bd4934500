namespace Graft.Tasks;

/// <summary>Which files of a folder are pictures: the one table that listing, messages and help go by.</summary>
public static class ImageFileNames
{
    /// <summary>What is decoded, by the ends of file names.</summary>
    private static readonly string[] Read =
        [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".webp", ".ppm", ".pgm", ".pnm"];

    /// <summary>Pictures of kinds that are not decoded, which are reported.</summary>
    private static readonly HashSet<string> NotRead = new(StringComparer.OrdinalIgnoreCase)
    {
        ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".ico", ".svg", ".pbm", ".pam", ".psd", ".tga", ".pcx", ".exr", ".hdr",
        ".dcm", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw", ".apng", ".qoi",
    };

    /// <summary>What systems and programs leave in folders: never a class, never a picture.</summary>
    private static readonly HashSet<string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        "__MACOSX", "@eaDir", "#recycle", "@Recycle", "@Recently-Snapshot", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__pycache__",
        "Thumbs.db", "ehthumbs.db", "desktop.ini", "Icon\r",
    };

    /// <summary>The ends of file names that are read, for messages.</summary>
    public static string Listed { get; } = string.Join(", ", Read);

    /// <summary>Whether a file's name is that of a picture that is decoded.</summary>
    /// <param name="path">The file.</param>
    public static bool IsPicture(string path) => !IsForeign(Path.GetFileName(path)) && Read.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a file's name is that of a picture of a kind that is not decoded.</summary>
    internal static bool IsUnreadKind(string path) => NotRead.Contains(Path.GetExtension(path));

    /// <summary>Whether a file or folder is hidden or a system's own.</summary>
    internal static bool IsForeign(string name) => name.StartsWith('.') || Foreign.Contains(name);
}
