using Graft.Tensors;

namespace Graft.Testing;

/// <summary>A lane of double precision: runs an op's own formulas where rounding cannot hide an error of theirs.</summary>
internal readonly struct LaneD(double value) : ILane<LaneD>
{
    public double Value => value;

    public static LaneD Splat(float value) => new(value);

    public static LaneD operator +(LaneD left, LaneD right) => new(left.Value + right.Value);

    public static LaneD operator -(LaneD left, LaneD right) => new(left.Value - right.Value);

    public static LaneD operator *(LaneD left, LaneD right) => new(left.Value * right.Value);

    public static LaneD operator /(LaneD left, LaneD right) => new(left.Value / right.Value);

    public static LaneD operator -(LaneD value) => new(-value.Value);

    public static LaneD FusedMultiplyAdd(LaneD left, LaneD right, LaneD addend) =>
        new(Math.FusedMultiplyAdd(left.Value, right.Value, addend.Value));

    public static LaneD WhereGreater(LaneD left, LaneD right, LaneD whenTrue, LaneD whenFalse) =>
        left.Value > right.Value ? whenTrue : whenFalse;

    public static LaneD Abs(LaneD value) => new(Math.Abs(value.Value));

    public static LaneD Sqrt(LaneD value) => new(Math.Sqrt(value.Value));

    public static LaneD Exp(LaneD value) => new(Math.Exp(value.Value));

    public static LaneD Log(LaneD value) => new(Math.Log(value.Value));

    public static LaneD Tanh(LaneD value) => new(Math.Tanh(value.Value));

    public static LaneD Erf(LaneD value) => new(SpecialFunctions.Erf(value.Value));
}
