using System.IO.Compression;

namespace Graft.Models;

/// <summary>Numeric arrays in NumPy's <c>.npz</c> (a zip of arrays, stored or deflated) and <c>.npy</c> files. Nothing of the file is
/// executed: pickled objects are refused. No more memory is taken than a file of that size can unpack to.</summary>
public sealed class NumpyArchive : IDisposable
{
    /// <summary>Deflate's best: 258 bytes for two bits.</summary>
    private const long MaximumRatio = 1032;

    private const string Extension = ".npy";

    private readonly string path;
    private readonly FileStream file;
    private readonly ZipArchive archive;

    private NumpyArchive(string path, FileStream file, ZipArchive archive)
    {
        this.path = path;
        this.file = file;
        this.archive = archive;
        Names = [.. archive.Entries.Select(static entry => entry.FullName)
            .Where(static name => name.EndsWith(Extension, StringComparison.Ordinal)).Select(static name => name[..^Extension.Length])];
    }

    /// <summary>The arrays' names, in the order of the file.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Opens a <c>.npz</c> file; arrays are read when asked for.</summary>
    /// <exception cref="NumpyException">The file is missing, or no zip archive.</exception>
    public static NumpyArchive Open(string path)
    {
        var file = OpenFile(path);
        try
        {
            return new NumpyArchive(path, file, new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true));
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            file.Dispose();
            throw new NumpyException($"{path}: is not a NumPy archive, or is truncated ({exception.Message})", exception);
        }
    }

    /// <summary>Reads a <c>.npy</c> file.</summary>
    /// <exception cref="NumpyException">The file is missing, damaged, truncated, or is not numeric.</exception>
    public static NumpyArray ReadArrayFile(string path)
    {
        using var file = OpenFile(path);
        return Read(file, path, Path.GetFileNameWithoutExtension(path), file.Length);
    }

    /// <summary>Reads one array.</summary>
    /// <exception cref="NumpyException">There is no such array, or it is damaged, truncated, or is not numeric.</exception>
    public NumpyArray Read(string name)
    {
        string where = $"{path}: {name}";
        var entry = archive.GetEntry(name + Extension)
            ?? throw new NumpyException($"{path}: has no array '{name}'; it has {(Names.Count == 0 ? "none" : string.Join(", ", Names.Take(20)))}");
        if (entry.CompressedLength > file.Length || entry.Length > entry.CompressedLength * MaximumRatio + 64)
            throw new NumpyException($"{where}: {entry.Length:N0} bytes cannot be packed into {Math.Min(entry.CompressedLength, file.Length):N0}; the file is damaged");
        try
        {
            using var stream = entry.Open();
            using var counted = new Crc32Stream(stream);
            var array = Read(counted, where, name, entry.Length);
            return counted.Value == entry.Crc32 ? array : throw new NumpyException($"{where}: the checksum is wrong; the file is damaged");
        }
        catch (InvalidDataException exception)
        {
            throw new NumpyException($"{where}: cannot be unpacked ({exception.Message})", exception);
        }
    }

    /// <inheritdoc/>
    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        archive.Dispose();
        file.Dispose();
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NumpyException($"{path}: cannot be read ({exception.Message})", exception);
        }
    }

    private static NumpyArray Read(Stream stream, string where, string name, long length)
    {
        var header = NumpyHeader.Read(stream, Fail);
        var type = header.RequireType(Fail);
        string shape = string.Join(", ", header.Lengths);
        if (header.DataBytes > Array.MaxLength) throw Fail($"an array ({shape}) of '{header.Description}' is larger than the 2 GB that are read");
        long present = length - header.HeaderBytes;
        if (present != header.DataBytes)
            throw Fail($"{present:N0} bytes of data do not fill its shape ({shape}), which takes {header.DataBytes:N0}; the file is truncated or damaged");
        var bytes = new byte[header.DataBytes];
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw Fail("the data end early; the file is truncated or damaged");
        int size = NumpyArray.SizeOf(type);
        if (header.BigEndian && size > 1)
            for (int at = 0; at < bytes.Length; at += size) bytes.AsSpan(at, size).Reverse();
        int[] lengths = Array.ConvertAll(header.Lengths, static axis => (int)axis);
        if (header.ColumnMajor && lengths.Length > 1) bytes = ToRowMajor(bytes, lengths, size);
        return new NumpyArray(name, type, lengths, bytes);

        NumpyException Fail(string problem) => new($"{where}: {problem}");
    }

    private static byte[] ToRowMajor(byte[] columnMajor, int[] shape, int size)
    {
        var rowMajor = new byte[columnMajor.Length];
        var place = new int[shape.Length];
        for (int to = 0; to < rowMajor.Length; to += size)
        {
            long from = 0;
            for (int axis = shape.Length - 1; axis >= 0; axis--) from = from * shape[axis] + place[axis];
            columnMajor.AsSpan((int)(from * size), size).CopyTo(rowMajor.AsSpan(to));
            for (int axis = shape.Length - 1; axis >= 0 && ++place[axis] == shape[axis]; axis--) place[axis] = 0;
        }
        return rowMajor;
    }
}
