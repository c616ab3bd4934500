using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Graft.Transfer;

/// <summary>A file of rows and the contents that they are of, read through a memory map.</summary>
/// <remarks>A head of 32 bytes (a word, the rows' length and number), the rows as floats, the SHA-256 of what each is of, and the SHA-256 of all that.</remarks>
internal sealed class RowFile : IDisposable
{
    public const string Extension = ".rows";
    public const int HeadLength = 32, DigestLength = 32;

    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly int rowLength;

    private RowFile(string path, MemoryMappedFile map, int rowLength, int count)
    {
        (Path, this.map, this.rowLength, Count) = (path, map, rowLength, count);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    public static ReadOnlySpan<byte> Word => "graftrow"u8;

    public string Path { get; }

    public int Count { get; }

    /// <summary>Opens a file; null where it is none, is of other rows or is not whole.</summary>
    public static RowFile? TryOpen(string path, int rowLength)
    {
        try
        {
            int count;
            using (var stream = File.OpenRead(path))
            {
                Span<byte> head = stackalloc byte[HeadLength];
                if (stream.Length < HeadLength || stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) < HeadLength || !head.StartsWith(Word)) return null;
                count = BinaryPrimitives.ReadInt32LittleEndian(head[12..]);
                if (BinaryPrimitives.ReadInt32LittleEndian(head[8..]) != rowLength || count < 1) return null;
                if (stream.Length != HeadLength + (long)count * (rowLength * (long)sizeof(float) + DigestLength) + DigestLength) return null;
                if (!IsWhole(stream)) return null;
            }
            MarkUsed(path);
            return new RowFile(path, MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read), rowLength, count);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // another run took it away, or it may not be read: it is then computed again
            return null;
        }
    }

    /// <summary>The SHA-256 of what a row is of.</summary>
    public byte[] Content(int index)
    {
        var digest = new byte[DigestLength];
        view.SafeMemoryMappedViewHandle.ReadSpan<byte>((ulong)(HeadLength + (long)Count * rowLength * sizeof(float) + (long)index * DigestLength), digest);
        return digest;
    }

    public void Read(int index, Span<float> row) =>
        view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(HeadLength + (long)index * rowLength * sizeof(float)), row);

    public void Dispose()
    {
        view.Dispose();
        map.Dispose();
    }

    /// <summary>Gives a file the time at which it was last of use: what is not used goes when the folder is full.</summary>
    private static void MarkUsed(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // a folder that is only read is trimmed by nobody
        }
    }

    private static bool IsWhole(FileStream stream)
    {
        stream.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        for (long left = stream.Length - DigestLength; left > 0;)
        {
            int read = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0) return false;
            hash.AppendData(buffer, 0, read);
            left -= read;
        }
        var digest = new byte[DigestLength];
        stream.ReadExactly(digest);
        return hash.GetHashAndReset().AsSpan().SequenceEqual(digest);
    }
}

/// <summary>Writes a <see cref="RowFile"/> aside and moves it to its name when it is whole.</summary>
internal sealed class RowFileWriter : IDisposable
{
    private const string Partial = ".partial";
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    private readonly FileStream stream;
    private readonly string name;
    private readonly int rowLength;
    private readonly List<byte[]> contents = [];

    /// <exception cref="IOException">The file cannot be made.</exception>
    public RowFileWriter(string folder, int rowLength)
    {
        this.rowLength = rowLength;
        name = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        stream = new FileStream(name + Partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, 1 << 16);
        stream.Write(new byte[RowFile.HeadLength]);
    }

    /// <summary>Removes what runs left that were killed.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*" + Partial))
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > Abandoned) File.Delete(path);
    }

    public void Add(byte[] content, ReadOnlySpan<float> row)
    {
        stream.Write(MemoryMarshal.AsBytes(row));
        contents.Add(content);
    }

    /// <summary>Moves the file to its name, when its bytes are on the disk.</summary>
    /// <returns>Its name.</returns>
    public string Commit()
    {
        foreach (byte[] content in contents) stream.Write(content);
        Span<byte> head = stackalloc byte[RowFile.HeadLength];
        head.Clear();
        RowFile.Word.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], rowLength);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], contents.Count);
        stream.Position = 0;
        stream.Write(head);
        stream.Position = 0;
        byte[] digest = SHA256.HashData(stream);
        stream.Write(digest);
        stream.Flush(flushToDisk: true);
        stream.Dispose();
        File.Move(name + Partial, name + RowFile.Extension);
        return name + RowFile.Extension;
    }

    /// <summary>Drops the file.</summary>
    public void Dispose()
    {
        stream.Dispose();
        File.Delete(name + Partial);
    }
}
