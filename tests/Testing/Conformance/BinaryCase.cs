using Graft.Tensors;

namespace Graft.Testing;

/// <summary>What the tests know of an elementwise op of two variables.</summary>
internal abstract class BinaryCase(string name)
{
    public string Name => name;

    /// <summary>The function in double precision, written without a look at the op.</summary>
    public required Func<double, double, double> Reference { get; init; }

    /// <summary>The inputs to draw lie in [Low, High], the right one's in [RightLow, High].</summary>
    public double Low { get; init; } = -4;

    public double RightLow { get; init; } = -4;

    public double High { get; init; } = 4;

    /// <summary>Whether a = b is a corner; the derivatives there are then to be half and half.</summary>
    public bool CornerWhereEqual { get; init; }

    /// <summary>The size of the terms behind f(a, b), where they cancel; else |f(a, b)|.</summary>
    public Func<double, double, double>? Magnitude { get; init; }

    /// <summary>The largest error, relative to the magnitudes.</summary>
    public double Tolerance { get; init; } = 4 * Check.Unit;

    public abstract Type Op { get; }

    public abstract Saves Saves { get; }

    public abstract double Forward(double a, double b);

    /// <summary>The op's own derivatives in double precision, given no more than it says it saves.</summary>
    public abstract (double Left, double Right) Derivatives(double dy, double a, double b);

    public abstract void Zip(Device device, Tensor<float> a, Tensor<float> b, Tensor<float> y);

    public abstract void ZipBackward(
        Device device, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db);

    public float[] LeftInputs(long count) => Draw.Uniform(Name + " left", count, Low, High);

    public float[] RightInputs(long count) => Draw.Uniform(Name + " right", count, RightLow, High);

    public override string ToString() => Name;
}

internal sealed class BinaryCase<TOp>(TOp op) : BinaryCase(typeof(TOp).Name) where TOp : unmanaged, IBinaryOp
{
    public override Type Op => typeof(TOp);

    public override Saves Saves => TOp.Saves;

    public override double Forward(double a, double b) => op.Forward(new LaneD(a), new LaneD(b)).Value;

    public override (double Left, double Right) Derivatives(double dy, double a, double b)
    {
        var y = new LaneD(Saves.HasFlag(Saves.Output) ? Forward(a, b) : 0);
        var left = new LaneD(Saves.HasFlag(Saves.Input) ? a : 0);
        var right = new LaneD(Saves.HasFlag(Saves.Input) ? b : 0);
        return (op.BackwardLeft(new LaneD(dy), left, right, y).Value, op.BackwardRight(new LaneD(dy), left, right, y).Value);
    }

    public override void Zip(Device device, Tensor<float> a, Tensor<float> b, Tensor<float> y) => device.Zip(op, a, b, y);

    public override void ZipBackward(
        Device device, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db) =>
        device.ZipBackward(op, dy, a, b, y, da, db);
}
