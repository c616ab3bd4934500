namespace Graft.Formats;

/// <summary>A group or a data set: the messages of its header.</summary>
internal sealed class Hdf5Object
{
    private const int MostBlocks = 1024;
    private const int MostMessages = 65_536;

    private readonly List<(Hdf5Message Type, bool IsShared, ReadOnlyMemory<byte> Data)> messages = [];

    private Hdf5Object(Hdf5Bytes bytes) => Bytes = bytes;

    public Hdf5Bytes Bytes { get; }

    public bool IsDataset => Find(Hdf5Message.Layout) is not null;

    /// <summary>Reads an object's header with its continuations.</summary>
    public static Hdf5Object Read(Hdf5Bytes bytes, long address)
    {
        var read = new Hdf5Object(bytes);
        var blocks = new Queue<(long Address, long Length)>();
        bool isNew = bytes.Read(address, 4).Take(4).SequenceEqual("OHDR"u8);
        bool hasOrder = false;
        if (isNew)
        {
            int flags = bytes.Read(address + 4, 2).Skip(1).Byte();
            hasOrder = (flags & 4) != 0;
            long at = address + 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
            int sizeBytes = 1 << (flags & 3);
            read.Parse(bytes.Read(at + sizeBytes, bytes.Read(at, sizeBytes).Number(sizeBytes)), isNew, hasOrder, blocks);
        }
        else
        {
            var prefix = bytes.Read(address, 16);
            if (prefix.Byte() != 1) throw bytes.Damaged($"there is no object at address {address}");
            prefix.Skip(7);
            read.Parse(bytes.Read(address + 16, prefix.UInt32()), isNew, hasOrder, blocks);
        }
        for (int count = 0; blocks.TryDequeue(out var block); count++)
        {
            if (count == MostBlocks) throw bytes.Damaged("the header of an object never ends");
            var cursor = bytes.Read(block.Address, block.Length);
            if (isNew)
            {
                cursor.Expect("OCHK"u8);
                cursor = cursor.Part(Math.Max(0, cursor.Left - 4));
            }
            read.Parse(cursor, isNew, hasOrder, blocks);
        }
        return read;
    }

    /// <summary>The first message of a kind; null where there is none.</summary>
    public Hdf5Cursor? Find(Hdf5Message type)
    {
        foreach (var message in messages)
            if (message.Type == type)
                return message.IsShared
                    ? throw Bytes.File.Fail("holds types that are shared between objects, which are not read here; write it again without named types")
                    : new Hdf5Cursor(Bytes, message.Data);
        return null;
    }

    /// <summary>All messages of a kind that are not shared.</summary>
    public IEnumerable<Hdf5Cursor> All(Hdf5Message type) =>
        messages.Where(message => message.Type == type && !message.IsShared).Select(message => new Hdf5Cursor(Bytes, message.Data));

    private void Parse(Hdf5Cursor cursor, bool isNew, bool hasOrder, Queue<(long Address, long Length)> blocks)
    {
        int head = isNew ? hasOrder ? 6 : 4 : 8;
        while (cursor.Left >= head)
        {
            var type = (Hdf5Message)(isNew ? cursor.Byte() : cursor.UInt16());
            int size = cursor.UInt16();
            int flags = cursor.Byte();
            cursor.Skip(isNew ? hasOrder ? 2 : 0 : 3);
            if (type == Hdf5Message.Nil)
            {
                cursor.Skip(Math.Min(size, cursor.Left));
                continue;
            }
            var data = cursor.Part(size);
            if (type == Hdf5Message.Continuation) blocks.Enqueue((data.Address(), data.Length()));
            else if (messages.Count == MostMessages) throw Bytes.Damaged("the header of an object never ends");
            else messages.Add((type, (flags & 2) != 0, data.Rest));
        }
    }
}

/// <summary>The kinds of messages in an object's header that are read.</summary>
internal enum Hdf5Message
{
    Nil = 0,
    Dataspace = 1,
    LinkInfo = 2,
    Datatype = 3,
    Link = 6,
    ExternalFiles = 7,
    Layout = 8,
    Filters = 11,
    Attribute = 12,
    Continuation = 16,
    SymbolTable = 17,
}
