using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <summary>Sixteen floats of AVX-512, which <see cref="System.Numerics.Vector{T}"/> does not use by default.</summary>
internal readonly unsafe struct Lane16(Vector512<float> value) : IVectorLane<Lane16>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public Vector512<float> Value => value;

    public static int Width => 16;

    public static int Registers => 32;

    [MethodImpl(Inline)] public static Lane16 Splat(float value) => new(Vector512.Create(value));

    [MethodImpl(Inline)] public static Lane16 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(Inline)] public static Lane16 LoadSplat(float* source) => new(Vector512.Create(*source));

    [MethodImpl(Inline)]
    public static Lane16 LoadBFloat16(ushort* source)
    {
        var half = Vector256.Load(source);
        var wide = Avx512F.IsSupported ? Avx512F.ConvertToVector512UInt32(half) : Vector512.Create(Vector256.WidenLower(half), Vector256.WidenUpper(half));
        return new(Vector512.AsSingle(Vector512.ShiftLeft(wide, 16)));
    }

    [MethodImpl(Inline)]
    public static Lane16 LoadInt8(sbyte* source) => new(Vector512.ConvertToSingle(Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(Vector128.Load(source)) : Vector512.Create(LaneV.EightInt8(source), LaneV.EightInt8(source + 8))));

    [MethodImpl(Inline)] public static void Store(Lane16 value, float* destination) => Vector512.Store(value.Value, destination);

    [MethodImpl(Inline)] public static float First(Lane16 value) => value.Value.ToScalar();

    [MethodImpl(Inline)]
    public static Lane16 MoveDown(Lane16 value, int count)
    {
        if (count == 8) return new(Vector512.Create(value.Value.GetUpper(), value.Value.GetUpper()));
        var half = value.Value.GetLower();
        half = count == 4 ? Vector256.Create(half.GetUpper(), half.GetUpper())
            : count == 2 ? Vector256.Shuffle(half, Vector256.Create(2, 3, 2, 3, 6, 7, 6, 7))
            : Vector256.Shuffle(half, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));
        return new(half.ToVector512Unsafe());
    }

    // vmaxps and vminps are these two to the last NaN
    [MethodImpl(Inline)]
    public static Lane16 Max(Lane16 left, Lane16 right) =>
        Avx512F.IsSupported ? new(Avx512F.Max(left.Value, right.Value)) : WhereGreater(left, right, left, right);

    [MethodImpl(Inline)]
    public static Lane16 Min(Lane16 left, Lane16 right) =>
        Avx512F.IsSupported ? new(Avx512F.Min(left.Value, right.Value)) : WhereGreater(right, left, left, right);

    [MethodImpl(Inline)] public static Lane16 operator +(Lane16 left, Lane16 right) => new(left.Value + right.Value);

    [MethodImpl(Inline)] public static Lane16 operator -(Lane16 left, Lane16 right) => new(left.Value - right.Value);

    [MethodImpl(Inline)] public static Lane16 operator *(Lane16 left, Lane16 right) => new(left.Value * right.Value);

    [MethodImpl(Inline)] public static Lane16 operator /(Lane16 left, Lane16 right) => new(left.Value / right.Value);

    [MethodImpl(Inline)] public static Lane16 operator -(Lane16 value) => new(-value.Value);

    [MethodImpl(Inline)]
    public static Lane16 FusedMultiplyAdd(Lane16 left, Lane16 right, Lane16 addend) =>
        new(Vector512.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    [MethodImpl(Inline)]
    public static Lane16 WhereGreater(Lane16 left, Lane16 right, Lane16 whenTrue, Lane16 whenFalse) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(left.Value, right.Value), whenTrue.Value, whenFalse.Value));

    [MethodImpl(Inline)] public static Lane16 Abs(Lane16 value) => new(Vector512.Abs(value.Value));

    [MethodImpl(Inline)] public static Lane16 Sqrt(Lane16 value) => new(Vector512.Sqrt(value.Value));

    [MethodImpl(Inline)] public static Lane16 Exp(Lane16 value) => LaneMath.Exp(value);

    [MethodImpl(Inline)] public static Lane16 Log(Lane16 value) => LaneMath.Log(value);

    [MethodImpl(Inline)] public static Lane16 Tanh(Lane16 value) => LaneMath.Tanh(value);

    [MethodImpl(Inline)] public static Lane16 Erf(Lane16 value) => LaneMath.Erf(value);

    [MethodImpl(Inline)]
    public static Lane16 PowerOfTwo(Lane16 exponent)
    {
        var shifted = Vector512.AsInt32(exponent.Value + Vector512.Create(FloatBits.IntegerShift));
        return new(Vector512.AsSingle(Vector512.ShiftLeft(shifted, FloatBits.MantissaBits) + Vector512.Create(FloatBits.One)));
    }

    [MethodImpl(Inline)]
    public static Lane16 Exponent(Lane16 value) =>
        new(Vector512.ConvertToSingle(Vector512.ShiftRightArithmetic(ExponentBits(value), FloatBits.MantissaBits)));

    [MethodImpl(Inline)]
    public static Lane16 Mantissa(Lane16 value) => new(Vector512.AsSingle(Vector512.AsInt32(value.Value) - ExponentBits(value)));

    [MethodImpl(Inline)]
    private static Vector512<int> ExponentBits(Lane16 value) =>
        (Vector512.AsInt32(value.Value) - Vector512.Create(FloatBits.ThreeQuarters)) & Vector512.Create(FloatBits.ExponentMask);
}
