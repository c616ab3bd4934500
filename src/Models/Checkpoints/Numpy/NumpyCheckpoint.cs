using FilePath = System.IO.Path;

namespace Graft.Models;

/// <summary>NumPy's files as checkpoints: the array of a <c>.npy</c> under the file's name, those of a <c>.npz</c> under their own. What is
/// stored is read in place, a packed array is unpacked when it is read.</summary>
internal sealed class NumpyCheckpoint : Checkpoint
{
    private const string Extension = ".npy";

    /// <summary>Deflate's best: 258 bytes for two bits.</summary>
    private const long MostTimesPacked = 1032;

    private const long AlwaysAllowed = 64;

    private readonly CheckpointFile file;

    private NumpyCheckpoint(CheckpointFile file, string format, IReadOnlyList<StoredTensor> tensors)
        : base(file.Path, format, file.Length, new Dictionary<string, string>(), tensors) => this.file = file;

    public static bool StartsArray(ReadOnlySpan<byte> start) => start is [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..];

    public static bool IsArchive(List<ZipRecord> records) =>
        records.Count > 0 && records.TrueForAll(static record => record.Name.EndsWith(Extension, StringComparison.Ordinal));

    /// <summary>Opens a <c>.npy</c> file.</summary>
    public static NumpyCheckpoint ReadArray(CheckpointFile file)
    {
        using var stream = file.OpenStream(0, file.Length);
        var header = NumpyHeader.Read(stream, problem => file.Fail(problem));
        header.RequireType(problem => file.Fail(problem));
        return new NumpyCheckpoint(file, "npy", [Place(file, FilePath.GetFileNameWithoutExtension(file.Path), header, file.Length)]);
    }

    /// <summary>Opens a <c>.npz</c> file.</summary>
    public static NumpyCheckpoint ReadArchive(CheckpointFile file, List<ZipRecord> records)
    {
        var reader = new ZipRecordReader(file);
        var tensors = new List<StoredTensor>(records.Count);
        NumpyHeader? unread = null;
        foreach (var record in records)
        {
            string name = record.Name[..^Extension.Length];
            var header = ReadHeader(file, reader, record);
            if (header.Type is null) unread ??= header;
            tensors.Add(Place(file, name, header, record.Length, reader, record));
        }
        // where there is nothing else, its reason is the file's
        if (unread is not null && tensors.TrueForAll(static tensor => tensor.ElementType == ElementType.Other)) unread.RequireType(problem => file.Fail(problem));
        return new NumpyCheckpoint(file, "npz", tensors);
    }

    protected override void Close() => file.Dispose();

    private static NumpyHeader ReadHeader(CheckpointFile file, ZipRecordReader reader, ZipRecord record)
    {
        try
        {
            using var stream = reader.OpenStream(record);
            return NumpyHeader.Read(stream, problem => file.Fail($"array '{Printable.Text(record.Name)}': {problem}"));
        }
        catch (InvalidDataException exception)
        {
            throw file.Fail($"damaged: its array '{Printable.Text(record.Name)}' cannot be unpacked; fetch it again", exception);
        }
    }

    private static StoredTensor Place(
        CheckpointFile file, string name, NumpyHeader header, long length, ZipRecordReader? reader = null, ZipRecord? record = null)
    {
        if (header.Unread is { } unread) return StoredTensor.Listed(file, name, header.Description, header.Lengths, unread);
        long present = length - header.HeaderBytes;
        if (present != header.DataBytes)
            throw file.Fail($"truncated or damaged: array '{Printable.Text(name)}' [{string.Join(", ", header.Lengths)}] takes {header.DataBytes} bytes, "
                + $"but has {present}; fetch it again");
        if (StoredShape.TooManyAxes(header.Lengths) is { } many) return StoredTensor.Listed(file, name, header.Description, header.Lengths, many);
        var type = header.Type!.Value;
        var shape = StoredShape.Of(header.Lengths);
        int unsignedSize = NumpyTypes.IsUnsigned(type) ? NumpyArray.SizeOf(type) : 0;
        long[]? strides = header.ColumnMajor && header.Lengths.Length > 1 ? ColumnMajor(header.Lengths) : null;
        if (strides is null && reader is not null && record is { Packing: not ZipPacking.None })
        {
            if (length > MostTimesPacked * record.PackedLength + AlwaysAllowed)
                throw file.Fail($"damaged: {length} bytes of array '{Printable.Text(name)}' cannot be packed into {record.PackedLength}; fetch it again");
            return new StoredTensor(name, new StoredElements(
                file, NumpyTypes.ToElementType(type), shape, () => new PackedStream(file, reader, record, header.HeaderBytes), header.BigEndian, unsignedSize));
        }
        var (source, position) = reader is null ? (file, 0) : reader.Open(record!);
        return new StoredTensor(name, new StoredElements(
            source, position + header.HeaderBytes, NumpyTypes.ToElementType(type), shape, strides, header.BigEndian, unsignedSize));
    }

    private static long[] ColumnMajor(long[] lengths)
    {
        var strides = new long[lengths.Length];
        long stride = 1;
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            strides[axis] = stride;
            stride *= lengths[axis];
        }
        return strides;
    }

    /// <summary>The elements of a packed array; their checksum is compared when the last of them has been read.</summary>
    private sealed class PackedStream : ElementStream
    {
        private readonly CheckpointFile file;
        private readonly ZipRecord record;
        private readonly Stream unpacked;
        private readonly Crc32Stream stream;
        private long left;

        public PackedStream(CheckpointFile file, ZipRecordReader reader, ZipRecord record, int headerBytes)
        {
            (this.file, this.record) = (file, record);
            unpacked = reader.OpenStream(record);
            stream = new Crc32Stream(unpacked);
            left = record.Length;
            Span<byte> passed = stackalloc byte[256];
            while (headerBytes > 0)
            {
                int count = Math.Min(headerBytes, passed.Length);
                Read(passed[..count]);
                headerBytes -= count;
            }
        }

        public override void Read(Span<byte> next)
        {
            try
            {
                stream.ReadExactly(next);
                left -= next.Length;
                if (left == 0 && stream.Value != record.Checksum) throw new InvalidDataException("its checksum is wrong");
            }
            catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
            {
                throw file.Fail($"damaged: its array '{Printable.Text(record.Name)}' cannot be unpacked; fetch it again", exception);
            }
        }

        public override void Dispose()
        {
            stream.Dispose();
            unpacked.Dispose();
            base.Dispose();
        }
    }
}
