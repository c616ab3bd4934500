using System.Buffers.Binary;

namespace Graft.Text.Tokenisers;

/// <summary>Walks over the fields of one message of Protocol Buffers.</summary>
internal ref struct ProtocolReader(ReadOnlySpan<byte> bytes)
{
    private const int VariableInteger = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>The number of the field read last.</summary>
    public int Field { get; private set; }

    /// <summary>Its value, where it is a number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its bytes, where it is a text or a message.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly float Single => BitConverter.UInt32BitsToSingle((uint)Number);

    public readonly int Integer => unchecked((int)Number);

    /// <summary>Whether what was read last was whole.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Reads the next field; false at the end and where the bytes are damaged.</summary>
    public bool Next()
    {
        if (rest.IsEmpty || IsDamaged) return false;
        ulong tag = Variable();
        Field = (int)Math.Min(tag >> 3, int.MaxValue);
        Number = 0;
        Bytes = default;
        switch ((int)(tag & 7))
        {
            case VariableInteger:
                Number = Variable();
                break;
            case Fixed64:
                Number = Take(8) is { Length: 8 } eight ? BinaryPrimitives.ReadUInt64LittleEndian(eight) : 0;
                break;
            case Fixed32:
                Number = Take(4) is { Length: 4 } four ? BinaryPrimitives.ReadUInt32LittleEndian(four) : 0;
                break;
            case Delimited:
                ulong length = Variable();
                Bytes = length <= (ulong)rest.Length ? Take((int)length) : Take(int.MaxValue);
                break;
            default:
                IsDamaged = true;
                break;
        }
        return !IsDamaged;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
        {
            IsDamaged = true;
            return default;
        }
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private ulong Variable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1);
            if (next.IsEmpty) return 0;
            value |= (ulong)(next[0] & 127) << shift;
            if (next[0] < 128) return value;
        }
        IsDamaged = true;
        return 0;
    }
}
