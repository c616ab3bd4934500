using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Graft.Models;

/// <summary>The element of a NumPy array.</summary>
internal enum NumpyType
{
    Boolean,
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    UInt64,
    Int64,
    Float32,
    Float64,
}

/// <summary>An array of a NumPy file: little-endian bytes in the order of its axes.</summary>
internal sealed class NumpyArray(string name, NumpyType type, IReadOnlyList<int> shape, byte[] bytes)
{
    public string Name { get; } = name;

    public NumpyType Type { get; } = type;

    public IReadOnlyList<int> Shape { get; } = shape;

    public byte[] Bytes { get; } = bytes;

    public int ElementCount => Bytes.Length / SizeOf(Type);

    public static int SizeOf(NumpyType type) => type switch
    {
        NumpyType.Boolean or NumpyType.UInt8 or NumpyType.Int8 => 1,
        NumpyType.UInt16 or NumpyType.Int16 => 2,
        NumpyType.UInt32 or NumpyType.Int32 or NumpyType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The elements as whole numbers.</summary>
    /// <exception cref="NumpyException">They are fractions, or one does not fit 32 bits.</exception>
    public int[] ToInt32()
    {
        var values = new int[ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            try
            {
                values[i] = checked(Type switch
                {
                    NumpyType.Boolean or NumpyType.UInt8 => Bytes[i],
                    NumpyType.Int8 => unchecked((sbyte)Bytes[i]),
                    NumpyType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(At(i, 2)),
                    NumpyType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(At(i, 2)),
                    NumpyType.UInt32 => (int)BinaryPrimitives.ReadUInt32LittleEndian(At(i, 4)),
                    NumpyType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(At(i, 4)),
                    NumpyType.UInt64 => (int)BinaryPrimitives.ReadUInt64LittleEndian(At(i, 8)),
                    NumpyType.Int64 => (int)BinaryPrimitives.ReadInt64LittleEndian(At(i, 8)),
                    _ => throw new NumpyException($"{this}: whole numbers are wanted"),
                });
            }
            catch (OverflowException exception)
            {
                throw new NumpyException($"{this}: element {i} does not fit a 32-bit number", exception);
            }
        }
        return values;
    }

    /// <summary>The elements as single-precision numbers, rounded where they are wider.</summary>
    public float[] ToSingle()
    {
        var values = new float[ElementCount];
        if (Type == NumpyType.Float32 && BitConverter.IsLittleEndian)
        {
            MemoryMarshal.Cast<byte, float>(Bytes).CopyTo(values);
            return values;
        }
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Type switch
            {
                NumpyType.Boolean or NumpyType.UInt8 => Bytes[i],
                NumpyType.Int8 => unchecked((sbyte)Bytes[i]),
                NumpyType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(At(i, 2)),
                NumpyType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(At(i, 2)),
                NumpyType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(At(i, 4)),
                NumpyType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(At(i, 4)),
                NumpyType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(At(i, 8)),
                NumpyType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(At(i, 8)),
                NumpyType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(At(i, 4)),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(At(i, 8)),
            };
        }
        return values;
    }

    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}] {Type.ToString().ToLowerInvariant()}";

    private ReadOnlySpan<byte> At(int index, int size) => Bytes.AsSpan(index * size, size);
}
