namespace Graft.Text;

/// <summary>Opens files of texts; what the file system says of them is one kind of complaint.</summary>
internal static class TextFile
{
    public static FileStream Open(string path) => Guarded(path, () =>
    {
        if (Directory.Exists(path)) throw new TextFileException(path, "is a folder: give a file");
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.SequentialScan);
    });

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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TextFileException(path, $"cannot be read: {Printable.Text(exception.Message)}", cause: exception);
        }
    }
}
