using System.IO.Compression;

namespace Graft.Text;

/// <summary>Opens files of texts; what the file system says of them is one kind of complaint.</summary>
internal static class TextFile
{
    private const string Compressed = ".gz";

    /// <summary>Opens a file; one that ends in <c>.gz</c> is decompressed as it is read.</summary>
    public static Stream Open(string path) => Guarded<Stream>(path, () =>
    {
        if (Directory.Exists(path)) throw new TextFileException(path, "is a folder: give a file");
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.SequentialScan);
        return path.EndsWith(Compressed, StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
    });

    /// <summary>The name of a file without what says that it is compressed.</summary>
    public static string PlainName(string path) => path.EndsWith(Compressed, StringComparison.OrdinalIgnoreCase) ? path[..^Compressed.Length] : path;

    public static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TextFileException(path, "there is no such file", cause: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new TextFileException(path, $"cannot be read: {Printable.Text(exception.Message)}", cause: exception);
        }
    }
}
