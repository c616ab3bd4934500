using Microsoft.Win32.SafeHandles;

namespace Graft.Models;

/// <summary>The bytes of a file, or of a resource that is in memory, read at any offset; whatever the system says becomes a
/// <see cref="CheckpointException"/> that names the file.</summary>
/// <remarks>It is read at offsets and never mapped into memory: a mapped file that somebody shortens ends the process, a file that is read ends in
/// an exception. Several threads may read at once.</remarks>
public sealed class CheckpointFile : IDisposable
{
    private readonly SafeFileHandle? handle;
    private readonly Func<byte[]> resource = static () => [];

    private CheckpointFile(string path, SafeFileHandle handle, long length)
    {
        this.handle = handle;
        Path = path;
        Length = length;
    }

    /// <summary>Takes bytes that are in memory already for a file of that name.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="resource">The bytes.</param>
    public CheckpointFile(string name, byte[] resource)
    {
        this.resource = () => resource;
        Path = name;
        Length = resource.Length;
    }

    /// <summary>Takes bytes that are made when they are read, a packed part of a file, for the file itself.</summary>
    /// <param name="path">The file's path, for messages.</param>
    /// <param name="length">How many bytes there are.</param>
    /// <param name="unpack">Makes all of them; called again for each read, so that nothing is held in between.</param>
    public CheckpointFile(string path, long length, Func<byte[]> unpack)
    {
        resource = unpack;
        Path = path;
        Length = length;
    }

    /// <summary>The path, as messages give it.</summary>
    public string Path { get; }

    /// <summary>The number of bytes.</summary>
    public long Length { get; }

    /// <summary>Opens a file for reading at any offset.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It is missing, may not be read, or is a pipe or device.</exception>
    public static CheckpointFile Open(string path)
    {
        // opening a pipe would wait for its writer, perhaps for ever
        if (SpecialFile.Is(path))
            throw new CheckpointException(path, "is a pipe or device, and the parts of a checkpoint are read in no order: copy it to a file first");
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
            return new CheckpointFile(path, handle, RandomAccess.GetLength(handle));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            handle?.Dispose();
            throw exception switch
            {
                FileNotFoundException or DirectoryNotFoundException =>
                    new CheckpointException(path, "there is no such file: check the path", exception),
                UnauthorizedAccessException =>
                    new CheckpointException(path, "may not be read: ask for read permission on it", exception),
                NotSupportedException =>
                    new CheckpointException(path, "a pipe or device, which cannot be read twice: give a file on disk", exception),
                _ => new CheckpointException(path, $"cannot be opened: {Printable.Text(exception.Message)}", exception),
            };
        }
    }

    /// <summary>Fills <paramref name="buffer"/> with the bytes from <paramref name="position"/> on.</summary>
    /// <param name="position">The first byte.</param>
    /// <param name="buffer">What to fill.</param>
    /// <exception cref="CheckpointException">The file ends before, or cannot be read.</exception>
    public void Read(long position, Span<byte> buffer)
    {
        if (handle is null)
        {
            if (buffer.Length > Length - position) throw Fail($"truncated: it ends at byte {Length}");
            resource().AsSpan((int)position, buffer.Length).CopyTo(buffer);
            return;
        }
        try
        {
            while (buffer.Length > 0)
            {
                int read = RandomAccess.Read(handle, buffer, position);
                if (read == 0) throw Fail($"truncated: it ends at byte {position}; fetch it again");
                buffer = buffer[read..];
                position += read;
            }
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not CheckpointException)
        {
            throw new CheckpointException(Path, $"cannot be read: {Printable.Text(exception.Message)}", exception);
        }
    }

    /// <summary>Some of the bytes.</summary>
    /// <param name="position">The first byte.</param>
    /// <param name="length">How many; the caller has checked that the file justifies the array.</param>
    /// <exception cref="CheckpointException">The file ends before, or cannot be read.</exception>
    public byte[] Read(long position, int length)
    {
        var bytes = new byte[length];
        Read(position, bytes);
        return bytes;
    }

    /// <summary>A part of the file as a stream that can be read and sought, for readers of other libraries.</summary>
    /// <param name="position">Its first byte.</param>
    /// <param name="length">Its length.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not within the file.</exception>
    /// <remarks>Reading throws a <see cref="CheckpointException"/> where the file cannot be read.</remarks>
    public Stream OpenStream(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - position);
        return new CheckpointStream(this, position, length);
    }

    /// <summary>A complaint that names the file.</summary>
    /// <param name="problem">What is wrong and what to do, in one line.</param>
    /// <param name="cause">What was thrown, if anything.</param>
    public CheckpointException Fail(string problem, Exception? cause = null) => new(Path, problem, cause);

    /// <summary>Closes the file.</summary>
    public void Dispose() => handle?.Dispose();
}
