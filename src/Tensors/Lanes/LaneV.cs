using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <summary>As many floats as the machine's <see cref="Vector{T}"/> holds: 4 on Arm and SSE, 8 on AVX2. The portable width.</summary>
internal readonly unsafe struct LaneV(Vector<float> value) : IVectorLane<LaneV>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public Vector<float> Value => value;

    public static int Width => Vector<float>.Count;

    public static int Registers => AdvSimd.IsSupported ? 32 : 16;

    [MethodImpl(Inline)] public static LaneV Splat(float value) => new(Vector.Create(value));

    [MethodImpl(Inline)] public static LaneV Load(float* source) => new(Vector.Load(source));

    [MethodImpl(Inline)] public static LaneV LoadSplat(float* source) => new(Vector.Create(*source));

    [MethodImpl(Inline)]
    public static LaneV LoadBFloat16(ushort* source)
    {
        if (Width == 8) return new(Vector256.AsSingle(Vector256.ShiftLeft(EightUInt16(source), 16)).AsVector());
        if (Width == 4) return new(Vector128.AsSingle(Vector128.ShiftLeft(Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()), 16)).AsVector());
        float* one = stackalloc float[Vector<float>.Count];
        for (int i = 0; i < Width; i++) one[i] = Lane1.LoadBFloat16(source + i).Value;
        return Load(one);
    }

    [MethodImpl(Inline)]
    public static LaneV LoadInt8(sbyte* source)
    {
        if (Width == 8) return new(Vector256.ConvertToSingle(EightInt8(source)).AsVector());
        if (Width == 4) return new(Vector128.ConvertToSingle(FourInt8(source)).AsVector());
        float* one = stackalloc float[Vector<float>.Count];
        for (int i = 0; i < Width; i++) one[i] = source[i];
        return Load(one);
    }

    [MethodImpl(Inline)]
    private static Vector256<uint> EightUInt16(ushort* source)
    {
        if (Avx2.IsSupported) return Avx2.ConvertToVector256Int32(source).AsUInt32();
        var (lower, upper) = Vector128.Widen(Vector128.Load(source));
        return Vector256.Create(lower, upper);
    }

    /// <summary>Eight signed bytes as whole numbers.</summary>
    [MethodImpl(Inline)]
    internal static Vector256<int> EightInt8(sbyte* source) =>
        Avx2.IsSupported ? Avx2.ConvertToVector256Int32(source) : Vector256.Create(FourInt8(source), FourInt8(source + 4));

    [MethodImpl(Inline)]
    private static Vector128<int> FourInt8(sbyte* source) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(source)).AsSByte()));

    [MethodImpl(Inline)] public static void Store(LaneV value, float* destination) => Vector.Store(value.Value, destination);

    [MethodImpl(Inline)] public static float First(LaneV value) => value.Value[0];

    [MethodImpl(Inline)]
    public static LaneV MoveDown(LaneV value, int count)
    {
        var eight = value.Value.AsVector256();
        eight = count == 4 ? Vector256.Create(eight.GetUpper(), eight.GetUpper())
            : count == 2 ? Vector256.Shuffle(eight, Vector256.Create(2, 3, 2, 3, 6, 7, 6, 7))
            : Vector256.Shuffle(eight, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));
        return new(eight.AsVector());
    }

    // vmaxps and vminps are these two to the last NaN
    [MethodImpl(Inline)]
    public static LaneV Max(LaneV left, LaneV right) => Avx.IsSupported && Vector<float>.Count == 8
        ? new(Avx.Max(left.Value.AsVector256(), right.Value.AsVector256()).AsVector()) : WhereGreater(left, right, left, right);

    [MethodImpl(Inline)]
    public static LaneV Min(LaneV left, LaneV right) => Avx.IsSupported && Vector<float>.Count == 8
        ? new(Avx.Min(left.Value.AsVector256(), right.Value.AsVector256()).AsVector()) : WhereGreater(right, left, left, right);

    [MethodImpl(Inline)] public static LaneV operator +(LaneV left, LaneV right) => new(left.Value + right.Value);

    [MethodImpl(Inline)] public static LaneV operator -(LaneV left, LaneV right) => new(left.Value - right.Value);

    [MethodImpl(Inline)] public static LaneV operator *(LaneV left, LaneV right) => new(left.Value * right.Value);

    [MethodImpl(Inline)] public static LaneV operator /(LaneV left, LaneV right) => new(left.Value / right.Value);

    [MethodImpl(Inline)] public static LaneV operator -(LaneV value) => new(-value.Value);

    // in steps: a tile has dozens of these, and what is not taken should not count against what the compiler is willing to inline
    [MethodImpl(Inline)]
    public static LaneV FusedMultiplyAdd(LaneV left, LaneV right, LaneV addend) => Vector<float>.Count == 4 && !AdvSimd.IsSupported
        ? new(OfFour(left.Value.AsVector128(), right.Value.AsVector128(), addend.Value.AsVector128()).AsVector())
        : new(Vector.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    // by name: a build ahead of time that requires AVX alone finds out when it runs whether there is FMA, and not for Vector<T>
    [MethodImpl(Inline)]
    private static Vector128<float> OfFour(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Fma.IsSupported ? Fma.MultiplyAdd(left, right, addend) : EmulatedFma.MultiplyAdd(left, right, addend);

    [MethodImpl(Inline)]
    public static LaneV WhereGreater(LaneV left, LaneV right, LaneV whenTrue, LaneV whenFalse) =>
        new(Vector.ConditionalSelect(Vector.GreaterThan(left.Value, right.Value), whenTrue.Value, whenFalse.Value));

    [MethodImpl(Inline)] public static LaneV Abs(LaneV value) => new(Vector.Abs(value.Value));

    [MethodImpl(Inline)] public static LaneV Sqrt(LaneV value) => new(Vector.SquareRoot(value.Value));

    [MethodImpl(Inline)] public static LaneV Exp(LaneV value) => LaneMath.Exp(value);

    [MethodImpl(Inline)] public static LaneV Log(LaneV value) => LaneMath.Log(value);

    [MethodImpl(Inline)] public static LaneV Tanh(LaneV value) => LaneMath.Tanh(value);

    [MethodImpl(Inline)] public static LaneV Erf(LaneV value) => LaneMath.Erf(value);

    [MethodImpl(Inline)]
    public static LaneV PowerOfTwo(LaneV exponent)
    {
        var shifted = Vector.AsVectorInt32(exponent.Value + Vector.Create(FloatBits.IntegerShift));
        return new(Vector.AsVectorSingle(Vector.ShiftLeft(shifted, FloatBits.MantissaBits) + Vector.Create(FloatBits.One)));
    }

    [MethodImpl(Inline)]
    public static LaneV Exponent(LaneV value) =>
        new(Vector.ConvertToSingle(Vector.ShiftRightArithmetic(ExponentBits(value), FloatBits.MantissaBits)));

    [MethodImpl(Inline)]
    public static LaneV Mantissa(LaneV value) => new(Vector.AsVectorSingle(Vector.AsVectorInt32(value.Value) - ExponentBits(value)));

    [MethodImpl(Inline)]
    private static Vector<int> ExponentBits(LaneV value) =>
        (Vector.AsVectorInt32(value.Value) - Vector.Create(FloatBits.ThreeQuarters)) & Vector.Create(FloatBits.ExponentMask);
}
