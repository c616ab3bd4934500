using System.IO.Compression;

namespace Graft.Formats;

/// <summary>Elements that are stored in chunks, each of which may be packed: put together when they are read.</summary>
internal sealed class Hdf5Chunks
{
    private const int Deflate = 1, Shuffle = 2, Checksum = 3;
    private const int MostLevels = 16;
    private const long MostTimesFile = 64;
    private const long AlwaysAllowed = 1 << 20;

    private readonly Hdf5Bytes bytes;
    private readonly Hdf5Dataset set;
    private readonly List<int> filters = [];
    private readonly Lock access = new();
    private WeakReference<byte[]>? kept;
    private long[] chunk = [];
    private long tree = -1;
    private long single = -1;
    private long singleSize = -1;

    private Hdf5Chunks(Hdf5Bytes bytes, Hdf5Dataset set) => (this.bytes, this.set) = (bytes, set);

    /// <summary>Why they are not read; null where they are.</summary>
    public string? Unread { get; private set; }

    public static Hdf5Chunks Read(Hdf5Object header, Hdf5Cursor layout, int version, Hdf5Dataset set)
    {
        var chunks = new Hdf5Chunks(header.Bytes, set);
        if (header.Find(Hdf5Message.Filters) is { } pipeline) chunks.ReadFilters(pipeline);
        if (version == 3) chunks.ReadLayout3(layout);
        else chunks.ReadLayout4(layout);
        return chunks;
    }

    /// <summary>All elements in row-major order.</summary>
    public byte[] Assemble(string name, long wanted)
    {
        lock (access)
        {
            if (kept is not null && kept.TryGetTarget(out byte[]? whole)) return whole;
            if (wanted > Math.Max(AlwaysAllowed, MostTimesFile * bytes.Length) || wanted > Array.MaxLength)
                throw bytes.File.Fail($"'{Printable.Text(name)}' claims {wanted} bytes, more than weights are packed to in {bytes.Length}; write it again without compression");
            var elements = new byte[wanted];
            // an object of its own each time, so that reading twice is no circle
            var fresh = new Hdf5Bytes(bytes.File, bytes.Locate(0, 0) - bytes.BaseAddress, bytes.Length)
            {
                AddressSize = bytes.AddressSize,
                LengthSize = bytes.LengthSize,
                BaseAddress = bytes.BaseAddress,
            };
            if (single >= 0) Place(fresh, elements, single, singleSize, mask: 0, new long[chunk.Length]);
            else if (tree >= 0) ReadTree(fresh, tree, elements, level: -1);
            kept = new WeakReference<byte[]>(elements);
            return elements;
        }
    }

    private void ReadFilters(Hdf5Cursor cursor)
    {
        int version = cursor.Byte(), count = cursor.Byte();
        if (version == 1) cursor.Skip(6);
        for (int filter = 0; filter < count; filter++)
        {
            int id = cursor.UInt16();
            int nameLength = version == 1 || id >= 256 ? cursor.UInt16() : 0;
            int values = cursor.Skip(2).UInt16();
            cursor.Skip(nameLength + 4 * values + (version == 1 && values % 2 == 1 ? 4 : 0));
            if (id is not (Deflate or Shuffle or Checksum)) Unread = $"packed by HDF5's filter {id}";
            filters.Add(id);
        }
    }

    private void ReadLayout3(Hdf5Cursor layout)
    {
        int rank = layout.Byte() - 1;
        tree = layout.Address();
        chunk = new long[Math.Max(0, rank)];
        for (int axis = 0; axis < chunk.Length; axis++) chunk[axis] = layout.UInt32();
        RequireChunk();
    }

    private void ReadLayout4(Hdf5Cursor layout)
    {
        const int SingleChunk = 1;
        int flags = layout.Byte(), rank = layout.Byte() - 1, size = layout.Byte();
        if (size is < 1 or > 8) throw bytes.Damaged($"lengths of {size} bytes");
        chunk = new long[Math.Max(0, rank)];
        for (int axis = 0; axis < chunk.Length; axis++) chunk[axis] = layout.Number(size);
        layout.Skip(size);
        RequireChunk();
        int index = layout.Byte();
        if (index != SingleChunk)
        {
            Unread ??= "in chunks that are indexed as only the newest versions of the format do";
            return;
        }
        singleSize = (flags & 2) != 0 ? layout.Length() : ChunkBytes;
        if ((flags & 2) != 0) layout.Skip(4);
        single = layout.Address();
    }

    private long ChunkBytes => chunk.Aggregate((long)set.Type.Size, static (product, length) => product * length);

    private void RequireChunk()
    {
        if (chunk.Length != set.Lengths.Length || Array.Exists(chunk, static length => length < 1) || StoredShape.Problem(chunk) is not null)
            throw bytes.Damaged("chunks of an impossible shape");
    }

    private void ReadTree(Hdf5Bytes fresh, long address, byte[] elements, int level)
    {
        var node = fresh.Read(address, 8);
        node.Expect("TREE"u8);
        int kind = node.Byte(), depth = node.Byte(), count = node.UInt16();
        if (kind != 1 || depth > MostLevels || (level >= 0 && depth != level - 1)) throw bytes.Damaged("the tree of chunks is no tree");
        int key = 8 + 8 * (chunk.Length + 1);
        var entries = fresh.Read(address + 8 + 2 * bytes.AddressSize, (long)count * (key + bytes.AddressSize));
        var offsets = new long[chunk.Length];
        for (int at = 0; at < count; at++)
        {
            uint size = entries.UInt32(), mask = entries.UInt32();
            for (int axis = 0; axis < offsets.Length; axis++) offsets[axis] = entries.Number(8);
            long child = entries.Skip(8).Address();
            if (depth > 0) ReadTree(fresh, child, elements, depth);
            else Place(fresh, elements, child, size, mask, offsets);
        }
    }

    private void Place(Hdf5Bytes fresh, byte[] elements, long address, long size, uint mask, long[] offsets)
    {
        for (int axis = 0; axis < offsets.Length; axis++)
            if (offsets[axis] < 0 || offsets[axis] >= Math.Max(1, set.Lengths[axis]) || offsets[axis] % chunk[axis] != 0) throw bytes.Damaged("a chunk lies beyond its data set");
        byte[] unpacked = Unpack(fresh.Read(address, size).Rest.ToArray(), mask);
        CopyRows(unpacked, elements, offsets, axis: 0, from0: 0, to0: 0);
    }

    private void CopyRows(byte[] from, byte[] to, long[] offsets, int axis, long from0, long to0)
    {
        if (axis == chunk.Length)
        {
            from.AsSpan(0, set.Type.Size).CopyTo(to);
            return;
        }
        long count = Math.Min(chunk[axis], set.Lengths[axis] - offsets[axis]);
        int size = set.Type.Size;
        if (axis == chunk.Length - 1)
        {
            from.AsSpan((int)(from0 * chunk[axis] * size), (int)(count * size)).CopyTo(to.AsSpan((int)((to0 * set.Lengths[axis] + offsets[axis]) * size)));
            return;
        }
        for (long at = 0; at < count; at++) CopyRows(from, to, offsets, axis + 1, from0 * chunk[axis] + at, to0 * set.Lengths[axis] + offsets[axis] + at);
    }

    // the filters were applied in their order, so they are undone from the last; a bit of the mask says which were left out
    private byte[] Unpack(byte[] packed, uint mask)
    {
        long wanted = ChunkBytes;
        if (wanted > Math.Max(AlwaysAllowed, MostTimesFile * bytes.Length) || wanted > Array.MaxLength) throw bytes.Damaged($"a chunk of {wanted} bytes");
        for (int filter = filters.Count - 1; filter >= 0; filter--)
        {
            if (filter < 32 && (mask & (1u << filter)) != 0) continue;
            packed = filters[filter] switch
            {
                Deflate => Inflate(packed, (int)wanted + 4),
                Shuffle => Unshuffle(packed, set.Type.Size),
                _ => packed[..Math.Max(0, packed.Length - 4)],
            };
        }
        return packed.Length == wanted ? packed : throw bytes.Damaged($"a chunk of {packed.Length} bytes, where {wanted} belong");
    }

    private byte[] Inflate(byte[] packed, int most)
    {
        try
        {
            using var stream = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
            var unpacked = new byte[most];
            int count = stream.ReadAtLeast(unpacked, most, throwOnEndOfStream: false);
            return unpacked[..count];
        }
        catch (InvalidDataException exception)
        {
            throw bytes.File.Fail("damaged: a packed chunk cannot be unpacked; fetch it again", exception);
        }
    }

    private static byte[] Unshuffle(byte[] shuffled, int size)
    {
        int count = shuffled.Length / size;
        var elements = new byte[shuffled.Length];
        for (int at = 0; at < count; at++)
            for (int part = 0; part < size; part++) elements[at * size + part] = shuffled[part * count + at];
        shuffled.AsSpan(count * size).CopyTo(elements.AsSpan(count * size));
        return elements;
    }
}
