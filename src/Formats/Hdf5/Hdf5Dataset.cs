namespace Graft.Formats;

/// <summary>The elements of a data set: where they lie, of what type and shape they are.</summary>
internal sealed class Hdf5Dataset
{
    private const int Compact = 0, Contiguous = 1, Chunked = 2;

    private Hdf5Dataset(CheckpointFile file, Hdf5Type type, long[] lengths)
    {
        File = file;
        Type = type;
        Lengths = lengths;
    }

    public Hdf5Type Type { get; }

    public long[] Lengths { get; }

    /// <summary>Why they are not read; null where they are.</summary>
    public string? Unread { get; private set; }

    private CheckpointFile File { get; set; }

    private long Position { get; set; }

    public static Hdf5Dataset Read(Hdf5Object header, string name)
    {
        var bytes = header.Bytes;
        var type = Hdf5Type.Read(header.Find(Hdf5Message.Datatype) ?? throw bytes.Damaged($"'{Printable.Text(name)}' has no type"));
        long[] lengths = ReadLengths(header.Find(Hdf5Message.Dataspace) ?? throw bytes.Damaged($"'{Printable.Text(name)}' has no shape"));
        var set = new Hdf5Dataset(bytes.File, type, lengths) { Unread = type.Element == ElementType.Other ? $"of the type '{type.Name}'" : StoredShape.TooManyAxes(lengths) };
        if (set.Unread is null) set.Place(header, name);
        return set;
    }

    /// <summary>The lengths of a data space's axes; none for a single element.</summary>
    public static long[] ReadLengths(Hdf5Cursor space)
    {
        int version = space.Byte(), rank = space.Byte(), kind = space.Skip(1).Byte();
        if (version is not (1 or 2)) throw space.Bytes.Damaged($"a shape of version {version}");
        if (version == 1) space.Skip(4);
        // a space of nothing has no elements, whatever its rank
        if (version == 2 && kind == 2) return [0];
        var lengths = new long[rank];
        for (int axis = 0; axis < rank; axis++) lengths[axis] = space.Length();
        return StoredShape.Problem(lengths) is { } problem ? throw space.Bytes.Damaged($"a shape that {problem}") : lengths;
    }

    /// <summary>A tensor of the elements.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="lengths">Its shape; null for the file's.</param>
    /// <param name="strides">The strides in elements; null if row-major.</param>
    public StoredTensor ToTensor(string key, IReadOnlyList<long>? lengths = null, IReadOnlyList<long>? strides = null)
    {
        if (Unread is not null) return StoredTensor.Listed(File, key, Type.Name, Lengths, Unread);
        var shape = StoredShape.Of([.. lengths ?? Lengths]);
        return Type.IsUnsigned
            ? StoredTensor.Unsigned(File, Position, key, Type.Size, shape, strides, Type.IsBigEndian)
            : StoredTensor.In(File, Position, key, Type.Element, shape, strides, Type.IsBigEndian);
    }

    private void Place(Hdf5Object header, string name)
    {
        var bytes = header.Bytes;
        long count = Lengths.Aggregate(1L, static (product, length) => product * length);
        long wanted = count * Type.Size;
        if (header.Find(Hdf5Message.ExternalFiles) is not null)
        {
            Unread = "in another file";
            return;
        }
        var layout = header.Find(Hdf5Message.Layout)!;
        int version = layout.Byte();
        if (version is not (3 or 4))
        {
            Unread = $"laid out by version {version} of the format";
            return;
        }
        switch (layout.Byte())
        {
            case Compact:
                byte[] held = layout.Take(layout.UInt16()).ToArray();
                if (held.Length < wanted) throw bytes.Damaged($"'{Printable.Text(name)}' takes {wanted} bytes, of which {held.Length} are there");
                File = new CheckpointFile(bytes.File.Path, held);
                break;
            case Contiguous:
                long address = layout.Address(), stored = layout.Length();
                if (count == 0) return;
                if (address < 0)
                {
                    Unread = "declared, but was never written";
                    return;
                }
                if (stored < wanted) throw bytes.Damaged($"'{Printable.Text(name)}' takes {wanted} bytes, of which {stored} are there");
                Position = bytes.Locate(address, wanted);
                break;
            case Chunked:
                var chunks = Hdf5Chunks.Read(header, layout, version, this);
                Unread = chunks.Unread;
                if (Unread is null) File = new CheckpointFile(bytes.File.Path, wanted, () => chunks.Assemble(name, wanted));
                break;
            default:
                Unread = "in pieces of other data sets";
                break;
        }
    }
}
