using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>One float of a GPU thread: the lane that ILGPU compiles every formula of this house over.</summary>
internal readonly struct GpuLane(float value) : IBitLane<GpuLane>
{
    public float Value => value;

    public static GpuLane Splat(float value) => new(value);

    public static GpuLane operator +(GpuLane left, GpuLane right) => new(left.Value + right.Value);

    public static GpuLane operator -(GpuLane left, GpuLane right) => new(left.Value - right.Value);

    public static GpuLane operator *(GpuLane left, GpuLane right) => new(left.Value * right.Value);

    public static GpuLane operator /(GpuLane left, GpuLane right) => new(left.Value / right.Value);

    public static GpuLane operator -(GpuLane value) => new(-value.Value);

    public static GpuLane FusedMultiplyAdd(GpuLane left, GpuLane right, GpuLane addend) =>
        new(GpuMath.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    public static GpuLane WhereGreater(GpuLane left, GpuLane right, GpuLane whenTrue, GpuLane whenFalse) =>
        new(GpuMath.WhereGreater(left.Value, right.Value, whenTrue.Value, whenFalse.Value));

    public static GpuLane Abs(GpuLane value) => new(MathF.Abs(value.Value));

    public static GpuLane Sqrt(GpuLane value) => new(MathF.Sqrt(value.Value));

    public static GpuLane Exp(GpuLane value) => LaneMath.Exp(value);

    public static GpuLane Log(GpuLane value) => LaneMath.Log(value);

    public static GpuLane Tanh(GpuLane value) => LaneMath.Tanh(value);

    public static GpuLane Erf(GpuLane value) => LaneMath.Erf(value);

    // ILGPU does not find an interface's own bodies, so these two stand here as well
    public static GpuLane Max(GpuLane left, GpuLane right) => WhereGreater(left, right, left, right);

    public static GpuLane Min(GpuLane left, GpuLane right) => WhereGreater(right, left, left, right);

    public static GpuLane PowerOfTwo(GpuLane exponent) =>
        FromBits((Bits(exponent.Value + FloatBits.IntegerShift) << FloatBits.MantissaBits) + FloatBits.One);

    public static GpuLane Exponent(GpuLane value) => new(FloatBits.ExponentOf(Bits(value.Value)) >> FloatBits.MantissaBits);

    public static GpuLane Mantissa(GpuLane value)
    {
        int bits = Bits(value.Value);
        return FromBits(bits - FloatBits.ExponentOf(bits));
    }

    private static int Bits(float value) => unchecked((int)Interop.FloatAsInt(value));

    private static GpuLane FromBits(int bits) => new(Interop.IntAsFloat(unchecked((uint)bits)));
}
