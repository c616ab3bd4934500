namespace Graft.Models;

/// <summary>Writes files beside their names and moves them there when they are whole.</summary>
public static class AtomicFile
{
    /// <summary>Makes or replaces a file; an interruption leaves what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its bytes.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new IOException($"{path} is a folder, so no file can be written there");
        if (SpecialFile.Is(full)) throw new IOException($"{path} is a pipe or device, which a file would replace");
        string partial = Partial(full);
        try
        {
            WriteAside(partial, write);
            File.Move(partial, full, overwrite: true);
            DurableFolder.Flush(Path.GetDirectoryName(full)!);
        }
        finally
        {
            // After the move there is nothing left under this name.
            File.Delete(partial);
        }
    }

    /// <summary>A name that nobody else uses, beside a file.</summary>
    /// <param name="path">The file.</param>
    public static string Partial(string path) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.partial");

    /// <summary>Writes a file that is to be moved to its name later; its bytes are on the disk when this returns.</summary>
    /// <param name="partial">What <see cref="Partial"/> gave.</param>
    /// <param name="write">Writes its bytes.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void WriteAside(string partial, Action<FileStream> write)
    {
        using var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        write(stream);
        stream.Flush(flushToDisk: true);
    }
}
