using System.Buffers.Binary;
using System.Text;

namespace Graft.Formats;

/// <summary>Reads the little-endian fields of a part of an HDF5 file, one after another.</summary>
internal sealed class Hdf5Cursor(Hdf5Bytes bytes, ReadOnlyMemory<byte> data)
{
    private int position;

    public Hdf5Bytes Bytes => bytes;

    public int Left => data.Length - position;

    public ReadOnlyMemory<byte> Rest => data[position..];

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>An unsigned number of some bytes; beyond the largest that is signed it is -1, as an address that leads nowhere is.</summary>
    public long Number(int size)
    {
        ulong value = 0;
        var taken = Take(size);
        for (int at = size - 1; at >= 0; at--) value = (value << 8) | taken[at];
        bool isUndefined = size < 8 && value == (1UL << (8 * size)) - 1;
        return isUndefined || value > long.MaxValue ? -1 : (long)value;
    }

    public long Address() => Number(bytes.AddressSize);

    public long Length() => Number(bytes.LengthSize);

    public Hdf5Cursor Skip(int count)
    {
        Take(count);
        return this;
    }

    /// <summary>A part of its own.</summary>
    public Hdf5Cursor Part(int count)
    {
        int from = position;
        Take(count);
        return new Hdf5Cursor(bytes, data.Slice(from, count));
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Left) throw bytes.Damaged("a part of its structure ends early");
        position += count;
        return data.Span.Slice(position - count, count);
    }

    /// <summary>A text of that many bytes, up to its first zero.</summary>
    public string Text(int count)
    {
        var text = Take(count);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    public void Expect(ReadOnlySpan<byte> signature)
    {
        if (!Take(signature.Length).SequenceEqual(signature)) throw bytes.Damaged($"'{Encoding.ASCII.GetString(signature)}' is missing where it has to be");
    }
}
