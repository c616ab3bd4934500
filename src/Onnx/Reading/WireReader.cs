using System.Buffers;

namespace Graft.Onnx;

/// <summary>Reads protobuf's wire format from a file at any offset, through a small window, so that the numbers of a large model are passed
/// over and not read.</summary>
internal sealed class WireReader(CheckpointFile file)
{
    private const int WindowLength = 1 << 16;

    private readonly byte[] window = new byte[(int)Math.Min(WindowLength, file.Length)];
    private long start;
    private int filled;

    /// <summary>The file.</summary>
    public CheckpointFile File => file;

    /// <summary>The next byte to read.</summary>
    public long Position { get; set; }

    /// <summary>Reads a field's number and kind, and steps over its value.</summary>
    /// <param name="end">Where the message ends that the field is in.</param>
    public WireField Next(long end)
    {
        long from = Position;
        ulong tag = Varint(end);
        if (tag >> 3 is 0 or > 0x1FFFFFFF) throw Damaged(from);
        var (number, kind) = ((int)(tag >> 3), (int)(tag & 7));
        long value = Position, length;
        switch (kind)
        {
            case WireField.Varint:
                _ = Varint(end);
                length = Position - value;
                break;
            case WireField.Fixed64:
                length = 8;
                break;
            case WireField.Fixed32:
                length = 4;
                break;
            case WireField.Bytes:
                ulong claimed = Varint(end);
                value = Position;
                if (claimed > (ulong)(end - value)) throw Damaged(from);
                length = (long)claimed;
                break;
            default:
                throw Damaged(from);
        }
        if (length > end - value) throw Damaged(from);
        Position = value + length;
        return new WireField(number, kind, from, value, length);
    }

    /// <summary>Reads a number of variable length.</summary>
    public ulong Varint(long end)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (Position >= end) throw Damaged(Position);
            byte part = At(Position++);
            if (shift == 63 && part > 1) throw Damaged(Position);
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
        throw Damaged(Position);
    }

    /// <summary>Reads a field that is one number of variable length.</summary>
    public ulong VarintOf(in WireField field)
    {
        long back = Position;
        Position = field.Value;
        ulong value = Varint(field.Value + field.Length);
        Position = back;
        return value;
    }

    /// <summary>Copies bytes of the file.</summary>
    public void Copy(long from, long length, IBufferWriter<byte> to)
    {
        while (length > 0)
        {
            var target = to.GetSpan((int)Math.Min(length, WindowLength));
            int count = (int)Math.Min(length, target.Length);
            if (from >= start && from + count <= start + filled) window.AsSpan((int)(from - start), count).CopyTo(target);
            else file.Read(from, target[..count]);
            to.Advance(count);
            from += count;
            length -= count;
        }
    }

    private byte At(long position)
    {
        if (position < start || position >= start + filled)
        {
            start = position;
            filled = (int)Math.Min(window.Length, file.Length - position);
            file.Read(start, window.AsSpan(0, filled));
        }
        return window[position - start];
    }

    private CheckpointException Damaged(long at) => file.Fail($"damaged at byte {at}: what should be a field of an ONNX model is none; fetch it again");
}

/// <summary>A field in the file.</summary>
/// <param name="Number">Its number in its message.</param>
/// <param name="Kind">Protobuf's wire type.</param>
/// <param name="Start">The byte of its tag.</param>
/// <param name="Value">The first byte of its value.</param>
/// <param name="Length">The bytes of its value.</param>
internal readonly record struct WireField(int Number, int Kind, long Start, long Value, long Length)
{
    public const int Varint = 0;
    public const int Fixed64 = 1;
    public const int Bytes = 2;
    public const int Fixed32 = 5;

    public long End => Value + Length;
}
