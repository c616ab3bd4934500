using System.Numerics;

namespace Graft.Formats;

/// <summary>The links of a group that has many and tracks their order: link messages in a fractal heap, found through an index by name.</summary>
internal sealed class Hdf5DenseLinks
{
    private const int LinkNames = 5;

    private readonly Hdf5Bytes bytes;
    private readonly int idLength;
    private readonly int offsetSize;
    private readonly int lengthSize;
    private readonly int width;
    private readonly long startingSize;
    private readonly int directRows;
    private readonly long root;
    private readonly int rows;
    private Hdf5Cursor? rootBlock;

    private Hdf5DenseLinks(Hdf5Bytes bytes, long heap)
    {
        this.bytes = bytes;
        var head = bytes.Read(heap, 26 + 12 * bytes.LengthSize + 3 * bytes.AddressSize);
        head.Expect("FRHP"u8);
        idLength = head.Skip(1).UInt16();
        int filters = head.UInt16();
        uint largest = head.Skip(1).UInt32();
        head.Skip(10 * bytes.LengthSize + 2 * bytes.AddressSize);
        width = head.UInt16();
        startingSize = head.Length();
        long largestDirect = head.Length();
        int bits = head.UInt16();
        head.Skip(2);
        root = head.Address();
        rows = head.UInt16();
        if (filters != 0 || bits is < 1 or > 64 || width is < 1 or > 1024 || startingSize < 1 || largestDirect < startingSize || largestDirect > int.MaxValue)
            throw bytes.Damaged("the heap of a group's links has impossible sizes");
        offsetSize = (bits + 7) / 8;
        lengthSize = BytesFor((ulong)Math.Min(largestDirect, largest));
        directRows = BitOperations.Log2((ulong)(largestDirect / startingSize)) + 2;
    }

    public static void Read(Hdf5Bytes bytes, long heap, long index, List<(string Name, long Address)> members)
    {
        var links = new Hdf5DenseLinks(bytes, heap);
        var head = bytes.Read(index, 16 + bytes.AddressSize + 2);
        head.Expect("BTHD"u8);
        int kind = head.Skip(1).Byte();
        long nodeSize = head.UInt32();
        int recordSize = head.UInt16(), depth = head.UInt16();
        long node = head.Skip(2).Address();
        int count = head.UInt16();
        if (kind != LinkNames || recordSize != 4 + links.idLength || nodeSize < 32) throw bytes.Damaged("the index of a group's links is none");
        links.ReadNode(node, count, recordSize, depth, nodeSize, members);
    }

    private static int BytesFor(ulong value) => BitOperations.Log2(Math.Max(1, value)) / 8 + 1;

    private void ReadNode(long address, int count, int recordSize, int depth, long nodeSize, List<(string Name, long Address)> members)
    {
        if (depth > 1) throw bytes.File.Fail("a group with more links than are read here; write it again with fewer variables in a layer");
        var cursor = bytes.Read(address, nodeSize);
        cursor.Expect(depth == 0 ? "BTLF"u8 : "BTIN"u8);
        cursor.Skip(2);
        for (int record = 0; record < count; record++) ReadLink(cursor.Skip(4).Part(recordSize - 4), members);
        if (depth == 0) return;
        int countSize = BytesFor((ulong)((nodeSize - 10) / recordSize));
        for (int child = 0; child <= count; child++)
        {
            long at = cursor.Address();
            ReadNode(at, (int)cursor.Number(countSize), recordSize, depth - 1, nodeSize, members);
        }
    }

    private void ReadLink(Hdf5Cursor id, List<(string Name, long Address)> members)
    {
        if ((id.Byte() & 0xF0) != 0) throw bytes.Damaged("a link of a kind that links are not");
        long offset = id.Number(offsetSize);
        Hdf5Group.ReadLink(bytes.Read(Locate(offset), id.Number(lengthSize)), members);
    }

    // A heap is one block, or rows of blocks whose sizes double from the third row on.
    private long Locate(long offset)
    {
        if (offset < 0) throw bytes.Damaged("a link lies beyond its heap");
        if (rows == 0) return root + offset;
        int head = 5 + bytes.AddressSize + offsetSize;
        rootBlock ??= bytes.Read(root, head + (long)Math.Min(rows, directRows) * width * bytes.AddressSize);
        long size = startingSize, start = 0;
        for (int row = 0; row < Math.Min(rows, directRows); row++)
        {
            if (row > 1) size *= 2;
            if (offset < start + size * width)
            {
                int block = (int)((offset - start) / size);
                var blocks = new Hdf5Cursor(bytes, rootBlock.Rest);
                long address = blocks.Skip(head + (row * width + block) * bytes.AddressSize).Address();
                return address < 0 ? throw bytes.Damaged("a link lies beyond its heap") : address + (offset - start) % size;
            }
            start += size * width;
        }
        throw bytes.Damaged("a link lies beyond its heap");
    }
}
