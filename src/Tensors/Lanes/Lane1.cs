using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>One float: the scalar lane, and the remainder of every wider one.</summary>
internal readonly unsafe struct Lane1(float value) : IVectorLane<Lane1>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public float Value => value;

    public static int Width => 1;

    public static int Registers => 16;

    [MethodImpl(Inline)] public static Lane1 Splat(float value) => new(value);

    [MethodImpl(Inline)] public static Lane1 Load(float* source) => new(*source);

    [MethodImpl(Inline)] public static Lane1 LoadSplat(float* source) => new(*source);

    [MethodImpl(Inline)] public static Lane1 LoadBFloat16(ushort* source) => new(BitConverter.UInt32BitsToSingle(WeightRounding.FromBFloat16(*source)));

    [MethodImpl(Inline)] public static Lane1 LoadInt8(sbyte* source) => new(*source);

    [MethodImpl(Inline)] public static void Store(Lane1 value, float* destination) => *destination = value.Value;

    [MethodImpl(Inline)] public static float First(Lane1 value) => value.Value;

    [MethodImpl(Inline)] public static Lane1 MoveDown(Lane1 value, int count) => value;

    [MethodImpl(Inline)] public static Lane1 operator +(Lane1 left, Lane1 right) => new(left.Value + right.Value);

    [MethodImpl(Inline)] public static Lane1 operator -(Lane1 left, Lane1 right) => new(left.Value - right.Value);

    [MethodImpl(Inline)] public static Lane1 operator *(Lane1 left, Lane1 right) => new(left.Value * right.Value);

    [MethodImpl(Inline)] public static Lane1 operator /(Lane1 left, Lane1 right) => new(left.Value / right.Value);

    [MethodImpl(Inline)] public static Lane1 operator -(Lane1 value) => new(-value.Value);

    [MethodImpl(Inline)]
    public static Lane1 FusedMultiplyAdd(Lane1 left, Lane1 right, Lane1 addend) => new(EmulatedFma.IsNeeded
        ? EmulatedFma.MultiplyAdd(left.Value, right.Value, addend.Value)
        : MathF.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    [MethodImpl(Inline)]
    public static Lane1 WhereGreater(Lane1 left, Lane1 right, Lane1 whenTrue, Lane1 whenFalse) =>
        left.Value > right.Value ? whenTrue : whenFalse;

    [MethodImpl(Inline)] public static Lane1 Abs(Lane1 value) => new(MathF.Abs(value.Value));

    [MethodImpl(Inline)] public static Lane1 Sqrt(Lane1 value) => new(MathF.Sqrt(value.Value));

    [MethodImpl(Inline)] public static Lane1 Exp(Lane1 value) => LaneMath.Exp(value);

    [MethodImpl(Inline)] public static Lane1 Log(Lane1 value) => LaneMath.Log(value);

    [MethodImpl(Inline)] public static Lane1 Tanh(Lane1 value) => LaneMath.Tanh(value);

    [MethodImpl(Inline)] public static Lane1 Erf(Lane1 value) => LaneMath.Erf(value);

    [MethodImpl(Inline)]
    public static Lane1 PowerOfTwo(Lane1 exponent) =>
        new(BitConverter.Int32BitsToSingle(
            (BitConverter.SingleToInt32Bits(exponent.Value + FloatBits.IntegerShift) << FloatBits.MantissaBits) + FloatBits.One));

    [MethodImpl(Inline)]
    public static Lane1 Exponent(Lane1 value) => new(FloatBits.ExponentOf(BitConverter.SingleToInt32Bits(value.Value)) >> FloatBits.MantissaBits);

    [MethodImpl(Inline)]
    public static Lane1 Mantissa(Lane1 value)
    {
        int bits = BitConverter.SingleToInt32Bits(value.Value);
        return new(BitConverter.Int32BitsToSingle(bits - FloatBits.ExponentOf(bits)));
    }
}

/// <summary>The layout of a single-precision number, as the lanes and the GPU use it.</summary>
public static class FloatBits
{
    /// <summary>How many bits the mantissa has.</summary>
    public const int MantissaBits = 23;

    /// <summary>The bits of 1.0.</summary>
    public const int One = 127 << MantissaBits;

    /// <summary>The bits of 0.75: a mantissa from here up to 1.5 keeps the logarithm's argument around 1.</summary>
    public const int ThreeQuarters = 0x3F400000;

    /// <summary>The bits of sign and exponent.</summary>
    public const int ExponentMask = unchecked((int)0xFF800000);

    /// <summary>1.5 * 2^23: a small integer added to it stands in the lowest bits of the sum.</summary>
    public const float IntegerShift = 12582912f;

    /// <summary>The exponent n of m * 2^n, m in [0.75, 1.5), still in its place above the mantissa.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ExponentOf(int bits) => (bits - ThreeQuarters) & ExponentMask;
}
