using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx;

/// <summary>Floating-point numbers of 8 and 4 bits (Micikevicius et al. 2022; the OCP formats), kept as their bits.</summary>
internal static class EightBits
{
    public static readonly MiniFormat E4M3Fn = new(Exponent: 4, Mantissa: 3, Bias: 7, HasInfinity: false, IsUnsignedZero: false, Largest: 448);
    public static readonly MiniFormat E4M3Fnuz = new(Exponent: 4, Mantissa: 3, Bias: 8, HasInfinity: false, IsUnsignedZero: true, Largest: 240);
    public static readonly MiniFormat E5M2 = new(Exponent: 5, Mantissa: 2, Bias: 15, HasInfinity: true, IsUnsignedZero: false, Largest: 57344);
    public static readonly MiniFormat E5M2Fnuz = new(Exponent: 5, Mantissa: 2, Bias: 16, HasInfinity: false, IsUnsignedZero: true, Largest: 57344);

    public static IEnumerable<Element> All =>
    [
        Row<E4M3FnBits>(DataType.Float8E4M3Fn, E4M3Fn, static bits => new(bits), static value => value.Bits),
        Row<E4M3FnuzBits>(DataType.Float8E4M3Fnuz, E4M3Fnuz, static bits => new(bits), static value => value.Bits),
        Row<E5M2Bits>(DataType.Float8E5M2, E5M2, static bits => new(bits), static value => value.Bits),
        Row<E5M2FnuzBits>(DataType.Float8E5M2Fnuz, E5M2Fnuz, static bits => new(bits), static value => value.Bits),
        new Element<ExponentBits>(DataType.Float8E8M0, isFloating: true, isInteger: false)
        {
            ToDouble = static value => value.Bits == 255 ? double.NaN : Math.ScaleB(1, value.Bits - 127),
            FromDouble = static value => new(Exponent(value)),
            ToInteger = static value => Int128.CreateSaturating(value.Bits == 255 ? double.NaN : Math.ScaleB(1, value.Bits - 127)),
            FromInteger = static value => new(Exponent((double)value)),
            Read = static (bytes, count) => Array.ConvertAll(bytes[..count], one => new ExponentBits(one)),
        },
    ];

    /// <summary>The power of two above a number or at it (the sign is lost), from 2^-127 to 2^127.</summary>
    private static byte Exponent(double value)
    {
        if (double.IsNaN(value)) return 255;
        double magnitude = Math.Abs(value);
        if (magnitude == 0) return 0;
        if (double.IsInfinity(magnitude)) return 254;
        int exponent = Math.ILogB(magnitude);
        if (magnitude > Math.ScaleB(1, exponent)) exponent++;
        return (byte)Math.Clamp(exponent + 127, 0, 254);
    }

    private static MiniElement<T> Row<T>(DataType code, MiniFormat format, Func<byte, T> of, Func<T, byte> bits) => new(code, format, of)
    {
        ToDouble = value => format.ToDouble(bits(value)),
        FromDouble = value => of(format.FromDouble(value, saturate: true)),
        ToInteger = value => Int128.CreateSaturating(format.ToDouble(bits(value))),
        FromInteger = value => of(format.FromDouble((double)value, saturate: true)),
        Read = (bytes, count) => Array.ConvertAll(bytes[..count], one => of(one)),
    };
}

/// <summary>Elements of a few bits, which a cast may let overflow or hold at the largest.</summary>
internal sealed class MiniElement<T>(DataType code, MiniFormat format, Func<byte, T> of) : Element<T>(code, isFloating: true, isInteger: false), IMiniElement
{
    public HostValue FromDoubles(int[] dims, Func<int, double> at, bool saturate)
    {
        var values = new T[Dimensions.Count(dims)];
        for (int i = 0; i < values.Length; i++) values[i] = of(format.FromDouble(at(i), saturate));
        return new HostValue<T>(this, dims, values);
    }
}

/// <summary>Elements that a cast may let overflow.</summary>
internal interface IMiniElement
{
    /// <summary>An array from doubles.</summary>
    HostValue FromDoubles(int[] dims, Func<int, double> at, bool saturate);
}

/// <summary>How the bits of a small floating-point number are read.</summary>
/// <param name="Exponent">Bits of the exponent.</param>
/// <param name="Mantissa">Bits of the mantissa.</param>
/// <param name="Bias">What the exponent is counted from.</param>
/// <param name="HasInfinity">Whether the highest exponent is for infinity and none-numbers, as in IEEE 754.</param>
/// <param name="IsUnsignedZero">Whether the bits of minus zero are the one none-number.</param>
/// <param name="Largest">The largest number.</param>
internal sealed record MiniFormat(int Exponent, int Mantissa, int Bias, bool HasInfinity, bool IsUnsignedZero, double Largest)
{
    private int Top => (1 << Exponent) - 1;

    public double ToDouble(byte bits)
    {
        int sign = bits >> (Exponent + Mantissa), exponent = (bits >> Mantissa) & Top, mantissa = bits & ((1 << Mantissa) - 1);
        if (IsUnsignedZero && sign == 1 && exponent == 0 && mantissa == 0) return double.NaN;
        if (HasInfinity && exponent == Top) return mantissa != 0 ? double.NaN : sign == 1 ? double.NegativeInfinity : double.PositiveInfinity;
        if (!HasInfinity && !IsUnsignedZero && Exponent == 4 && exponent == Top && mantissa == (1 << Mantissa) - 1) return double.NaN;
        double magnitude = exponent == 0
            ? Math.ScaleB(mantissa, 1 - Bias - Mantissa)
            : Math.ScaleB(mantissa + (1 << Mantissa), exponent - Bias - Mantissa);
        return sign == 1 ? -magnitude : magnitude;
    }

    public byte FromDouble(double value, bool saturate)
    {
        int sign = double.IsNegative(value) ? 1 << (Exponent + Mantissa) : 0;
        byte none = (byte)(IsUnsignedZero ? 1 << (Exponent + Mantissa) : (1 << (Exponent + Mantissa)) - 1);
        if (double.IsNaN(value)) return none;
        double magnitude = Math.Abs(value);
        byte largest = (byte)(sign | Encode(Largest));
        byte overflow = HasInfinity ? (byte)(sign | (Top << Mantissa)) : (byte)(none | (IsUnsignedZero ? 0 : sign));
        if (double.IsInfinity(value)) return saturate ? largest : overflow;
        double rounded = Rounded(magnitude);
        if (rounded > Largest) return saturate ? largest : overflow;
        int code = Encode(rounded);
        return (byte)(IsUnsignedZero && code == 0 ? 0 : sign | code);
    }

    /// <summary>The nearest number with that mantissa, and of two as near the even one.</summary>
    private double Rounded(double magnitude)
    {
        if (magnitude == 0) return 0;
        int exponent = Math.Max(Math.ILogB(magnitude), 1 - Bias);
        double unit = Math.ScaleB(1, exponent - Mantissa);
        return Math.Round(magnitude / unit, MidpointRounding.ToEven) * unit;
    }

    private int Encode(double magnitude)
    {
        if (magnitude == 0) return 0;
        int exponent = Math.ILogB(magnitude);
        if (exponent < 1 - Bias) return (int)Math.ScaleB(magnitude, Bias - 1 + Mantissa);
        return ((exponent + Bias) << Mantissa) | ((int)Math.ScaleB(magnitude, Mantissa - exponent) - (1 << Mantissa));
    }
}

internal readonly record struct ExponentBits(byte Bits);

internal readonly record struct E4M3FnBits(byte Bits);

internal readonly record struct E4M3FnuzBits(byte Bits);

internal readonly record struct E5M2Bits(byte Bits);

internal readonly record struct E5M2FnuzBits(byte Bits);
