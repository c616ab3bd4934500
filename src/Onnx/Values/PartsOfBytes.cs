using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx;

/// <summary>Elements of four and two bits, several to a byte in a file, the lower first, and one to a byte here.</summary>
internal static class PartsOfBytes
{
    private static readonly MiniFormat E2M1 = new(Exponent: 2, Mantissa: 1, Bias: 1, HasInfinity: false, IsUnsignedZero: false, Largest: 6);

    public static IEnumerable<Element> All =>
    [
        new Element<UInt4Bits>(DataType.Uint4, isFloating: false, isInteger: true)
        {
            ToDouble = static value => value.Bits,
            FromDouble = static value => new((byte)((long)value & 15)),
            ToInteger = static value => value.Bits,
            FromInteger = static value => new((byte)(value & 15)),
            Read = static (bytes, count) => Unpacked(bytes, count, 4, static bits => new UInt4Bits(bits)),
        },
        new Element<Int4Bits>(DataType.Int4, isFloating: false, isInteger: true)
        {
            ToDouble = static value => value.Bits,
            FromDouble = static value => new(Signed((int)((long)value & 15))),
            ToInteger = static value => value.Bits,
            FromInteger = static value => new(Signed((int)(value & 15))),
            Read = static (bytes, count) => Unpacked(bytes, count, 4, static bits => new Int4Bits(Signed(bits))),
        },
        new Element<UInt2Bits>(DataType.Uint2, isFloating: false, isInteger: true)
        {
            ToDouble = static value => value.Bits,
            FromDouble = static value => new((byte)((long)value & 3)),
            ToInteger = static value => value.Bits,
            FromInteger = static value => new((byte)(value & 3)),
            Read = static (bytes, count) => Unpacked(bytes, count, 2, static bits => new UInt2Bits(bits)),
        },
        new Element<Int2Bits>(DataType.Int2, isFloating: false, isInteger: true)
        {
            ToDouble = static value => value.Bits,
            FromDouble = static value => new(Signed((int)((long)value & 3), 4)),
            ToInteger = static value => value.Bits,
            FromInteger = static value => new(Signed((int)(value & 3), 4)),
            Read = static (bytes, count) => Unpacked(bytes, count, 2, static bits => new Int2Bits(Signed(bits, 4))),
        },
        new Element<E2M1Bits>(DataType.Float4E2M1, isFloating: true, isInteger: false)
        {
            ToDouble = static value => E2M1.ToDouble(value.Bits),
            // what is no number becomes minus zero
            FromDouble = static value => new(double.IsNaN(value) ? (byte)8 : E2M1.FromDouble(value, saturate: true)),
            ToInteger = static value => (Int128)E2M1.ToDouble(value.Bits),
            FromInteger = static value => new(E2M1.FromDouble((double)value, saturate: true)),
            Read = static (bytes, count) => Unpacked(bytes, count, 4, static bits => new E2M1Bits(bits)),
        },
    ];

    private static sbyte Signed(int bits, int range = 16) => (sbyte)(bits >= range / 2 ? bits - range : bits);

    private static T[] Unpacked<T>(byte[] bytes, int count, int bits, Func<byte, T> of)
    {
        var values = new T[count];
        int each = 8 / bits;
        for (int i = 0; i < count; i++) values[i] = of((byte)((bytes[i / each] >> (i % each * bits)) & ((1 << bits) - 1)));
        return values;
    }
}

internal readonly record struct UInt4Bits(byte Bits);

internal readonly record struct Int4Bits(sbyte Bits);

internal readonly record struct UInt2Bits(byte Bits);

internal readonly record struct Int2Bits(sbyte Bits);

internal readonly record struct E2M1Bits(byte Bits);
