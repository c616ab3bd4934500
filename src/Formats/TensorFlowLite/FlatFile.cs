using System.Text;
using Google.FlatBuffers;

namespace Graft.Formats;

/// <summary>A flat buffer in memory whose every offset is checked before it is followed.</summary>
internal sealed class FlatFile(CheckpointFile file, byte[] bytes)
{
    private const int LongestText = 4096;

    // what texts may come to: any number of tables may lead to one text
    private long textLeft = bytes.Length;

    public CheckpointFile File => file;

    public ByteBuffer Bytes { get; } = new(bytes);

    public long Length => bytes.Length;

    /// <summary>The outermost table.</summary>
    public FlatTable Root => new(this, Indirect(0));

    /// <summary>The position itself; that many bytes follow it.</summary>
    public int Require(long position, long count)
    {
        if (position < 0 || count < 0 || position > bytes.Length - count) throw Damaged($"an offset leads to byte {position} of {bytes.Length}");
        return (int)position;
    }

    /// <summary>Where the offset at a position leads.</summary>
    public int Indirect(long position)
    {
        int from = Require(position, 4);
        return Require((long)from + Bytes.GetUint(from), 4);
    }

    /// <summary>The elements of the vector that the offset at a position leads to.</summary>
    public FlatVector Vector(long position, int elementSize)
    {
        int at = Indirect(position);
        uint count = Bytes.GetUint(at);
        return new FlatVector(Require(at + 4L, count * (long)elementSize), (int)count);
    }

    public string Text(long position)
    {
        var vector = Vector(position, 1);
        textLeft -= vector.Count;
        if (vector.Count > LongestText || textLeft < 0) throw Damaged($"a name of {vector.Count} bytes");
        return Encoding.UTF8.GetString(bytes, vector.Position, vector.Count);
    }

    public CheckpointException Damaged(string what) => file.Fail($"truncated or damaged: {what}; fetch it again");
}

/// <summary>The elements of a vector: the first byte and how many there are.</summary>
internal readonly record struct FlatVector(int Position, int Count);

/// <summary>A table of a flat buffer: fields by their numbers in the schema, absent ones by their defaults.</summary>
internal readonly struct FlatTable
{
    private readonly FlatFile file;
    private readonly Table table;

    public FlatTable(FlatFile file, int position)
    {
        this.file = file;
        file.Require(position, 4);
        long fields = (long)position - file.Bytes.GetInt(position);
        int at = file.Require(fields, 4);
        file.Require(fields, file.Bytes.GetUshort(at));
        table = new Table(position, file.Bytes);
    }

    public int Position => table.bb_pos;

    public bool Has(int field) => Offset(field, 1) > 0;

    public int Byte(int field) => Offset(field, 1) is > 0 and var at ? file.Bytes.Get(at) : 0;

    public uint UInt32(int field) => Offset(field, 4) is > 0 and var at ? file.Bytes.GetUint(at) : 0;

    public int Int32(int field) => Offset(field, 4) is > 0 and var at ? file.Bytes.GetInt(at) : 0;

    public ulong UInt64(int field) => Offset(field, 8) is > 0 and var at ? file.Bytes.GetUlong(at) : 0;

    public string Text(int field) => Offset(field, 4) is > 0 and var at ? file.Text(at) : "";

    public FlatVector Vector(int field, int elementSize) => Offset(field, 4) is > 0 and var at ? file.Vector(at, elementSize) : default;

    public FlatTable? Table(int field) => Offset(field, 4) is > 0 and var at ? new FlatTable(file, file.Indirect(at)) : null;

    /// <summary>A table of a vector of tables.</summary>
    public FlatTable Element(FlatVector vector, int index) => new(file, file.Indirect(vector.Position + 4L * index));

    private int Offset(int field, int size)
    {
        int offset = table.__offset(4 + 2 * field);
        return offset == 0 ? 0 : file.Require((long)table.bb_pos + offset, size);
    }
}
