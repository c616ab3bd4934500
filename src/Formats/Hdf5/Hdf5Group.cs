using System.Text;

namespace Graft.Formats;

/// <summary>The links of a group to what is in the same file.</summary>
internal static class Hdf5Group
{
    private const int LongestName = 4096;
    private const int MostLevels = 16;

    /// <summary>The names and addresses of a group's members, in the order of the file.</summary>
    public static List<(string Name, long Address)> Members(Hdf5Object group)
    {
        var members = new List<(string Name, long Address)>();
        if (group.Find(Hdf5Message.SymbolTable) is { } table)
        {
            long tree = table.Address();
            ReadTree(group.Bytes, tree, Heap(group.Bytes, table.Address()), members, level: -1);
        }
        else if (group.Find(Hdf5Message.LinkInfo) is { } info)
        {
            info.Skip(1);
            if ((info.Byte() & 1) != 0) info.Skip(8);
            long heap = info.Address(), index = info.Address();
            if (heap >= 0) Hdf5DenseLinks.Read(group.Bytes, heap, index, members);
            foreach (var link in group.All(Hdf5Message.Link)) ReadLink(link, members);
        }
        return members;
    }

    /// <summary>Reads a link message; what leads elsewhere is passed over.</summary>
    public static void ReadLink(Hdf5Cursor link, List<(string Name, long Address)> members)
    {
        link.Skip(1);
        int flags = link.Byte();
        int kind = (flags & 8) != 0 ? link.Byte() : 0;
        if ((flags & 4) != 0) link.Skip(8);
        if ((flags & 16) != 0) link.Skip(1);
        long length = link.Number(1 << (flags & 3));
        if (length > LongestName) throw link.Bytes.Damaged($"a name of {length} bytes");
        string name = link.Text((int)length);
        if (kind == 0) members.Add((name, link.Address()));
    }

    private static (long Address, long Length) Heap(Hdf5Bytes bytes, long address)
    {
        var heap = bytes.Read(address, 8 + 2 * bytes.LengthSize + bytes.AddressSize);
        heap.Expect("HEAP"u8);
        long length = heap.Skip(4).Length();
        return (heap.Skip(bytes.LengthSize).Address(), length);
    }

    private static void ReadTree(Hdf5Bytes bytes, long address, (long Address, long Length) heap, List<(string Name, long Address)> members, int level)
    {
        var node = bytes.Read(address, 8);
        node.Expect("TREE"u8);
        int kind = node.Byte(), depth = node.Byte(), count = node.UInt16();
        // each level is one below, so that no node leads to itself
        if (kind != 0 || depth > MostLevels || (level >= 0 && depth != level - 1)) throw bytes.Damaged("the tree of a group is no tree");
        int entry = bytes.LengthSize + bytes.AddressSize;
        var entries = bytes.Read(address + 8 + 2 * bytes.AddressSize, (long)count * entry);
        for (int at = 0; at < count; at++)
        {
            long child = entries.Skip(bytes.LengthSize).Address();
            if (depth > 0) ReadTree(bytes, child, heap, members, depth);
            else ReadSymbols(bytes, child, heap, members);
        }
    }

    private static void ReadSymbols(Hdf5Bytes bytes, long address, (long Address, long Length) heap, List<(string Name, long Address)> members)
    {
        const int SoftLink = 2;
        var head = bytes.Read(address, 8);
        head.Expect("SNOD"u8);
        int count = head.Skip(2).UInt16();
        var symbols = bytes.Read(address + 8, (long)count * (2 * bytes.AddressSize + 24));
        for (int at = 0; at < count; at++)
        {
            long name = symbols.Address(), target = symbols.Address();
            uint kind = symbols.UInt32();
            symbols.Skip(20);
            if (kind != SoftLink) members.Add((Name(bytes, heap, name), target));
        }
    }

    private static string Name(Hdf5Bytes bytes, (long Address, long Length) heap, long offset)
    {
        if (offset < 0 || offset >= heap.Length) throw bytes.Damaged("a name lies beyond the names of its group");
        var name = new List<byte>();
        while (name.Count < LongestName)
        {
            int count = (int)Math.Min(64, heap.Length - offset - name.Count);
            if (count <= 0) break;
            var part = bytes.Read(heap.Address + offset + name.Count, count).Take(count);
            int end = part.IndexOf((byte)0);
            name.AddRange(end < 0 ? part : part[..end]);
            if (end >= 0) return Encoding.UTF8.GetString([.. name]);
        }
        throw bytes.Damaged("a name never ends");
    }
}
