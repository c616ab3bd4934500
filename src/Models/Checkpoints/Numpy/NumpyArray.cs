using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Graft.Models;

/// <summary>The element type of a NumPy array (its <c>dtype</c>).</summary>
#pragma warning disable CA1720 // the names of the types are what the values mean
public enum NumpyType
{
    /// <summary>A byte, 0 or 1.</summary>
    Boolean,

    /// <summary>8 bits, from 0.</summary>
    UInt8,

    /// <summary>8 bits, signed.</summary>
    Int8,

    /// <summary>16 bits, from 0.</summary>
    UInt16,

    /// <summary>16 bits, signed.</summary>
    Int16,

    /// <summary>32 bits, from 0.</summary>
    UInt32,

    /// <summary>32 bits, signed.</summary>
    Int32,

    /// <summary>64 bits, from 0.</summary>
    UInt64,

    /// <summary>64 bits, signed.</summary>
    Int64,

    /// <summary>16 bits, floating point.</summary>
    Float16,

    /// <summary>A float.</summary>
    Float32,

    /// <summary>A double.</summary>
    Float64,
}
#pragma warning restore CA1720

/// <summary>An array of a NumPy file: little-endian bytes, row-major.</summary>
/// <param name="name">Its name in the archive.</param>
/// <param name="type">The type of its elements.</param>
/// <param name="shape">Its shape.</param>
/// <param name="bytes">The elements.</param>
public sealed class NumpyArray(string name, NumpyType type, IReadOnlyList<int> shape, byte[] bytes)
{
    /// <summary>Its name in the archive.</summary>
    public string Name { get; } = name;

    /// <summary>The type of its elements.</summary>
    public NumpyType Type { get; } = type;

    /// <summary>Its shape.</summary>
    public IReadOnlyList<int> Shape { get; } = shape;

    /// <summary>The elements, little-endian, row-major.</summary>
    public byte[] Bytes { get; } = bytes;

    /// <summary>How many elements it has.</summary>
    public int ElementCount => Bytes.Length / SizeOf(Type);

    /// <summary>Bytes an element.</summary>
    public static int SizeOf(NumpyType type) => type switch
    {
        NumpyType.Boolean or NumpyType.UInt8 or NumpyType.Int8 => 1,
        NumpyType.UInt16 or NumpyType.Int16 or NumpyType.Float16 => 2,
        NumpyType.UInt32 or NumpyType.Int32 or NumpyType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The elements as integers.</summary>
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
                    _ => throw new NumpyException($"{this}: an integer array is needed"),
                });
            }
            catch (OverflowException exception)
            {
                throw new NumpyException($"{this}: element {i} does not fit a 32-bit number", exception);
            }
        }
        return values;
    }

    /// <summary>The elements as float32, rounded where they are wider.</summary>
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
                NumpyType.Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(At(i, 2)),
                NumpyType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(At(i, 4)),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(At(i, 8)),
            };
        }
        return values;
    }

    /// <summary>Name, shape and type: <c>images [100, 28, 28] uint8</c>.</summary>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}] {Type.ToString().ToLowerInvariant()}";

    private ReadOnlySpan<byte> At(int index, int size) => Bytes.AsSpan(index * size, size);
}
