using Graft.Tensors;

namespace Graft.Testing;

/// <summary>What the tests know of an elementwise op of one variable.</summary>
internal abstract class UnaryCase(string name)
{
    public string Name => name;

    /// <summary>The function in double precision, written without a look at the op.</summary>
    public required Func<double, double> Reference { get; init; }

    /// <summary>The inputs to draw lie in [Low, High].</summary>
    public double Low { get; init; } = -4;

    public double High { get; init; } = 4;

    /// <summary>Places where the function has a corner, and the derivative that the op is to give there.</summary>
    public (double At, double Derivative)[] Corners { get; init; } = [];

    /// <summary>The size of the terms behind f(x), where they cancel; else |f(x)|.</summary>
    public Func<double, double>? Magnitude { get; init; }

    /// <summary>The size of the terms behind f'(x), where they cancel; else |f'(x)|.</summary>
    public Func<double, double>? SlopeMagnitude { get; init; }

    /// <summary>The largest error of forward and derivative, relative to these magnitudes.</summary>
    public double Tolerance { get; init; } = 4 * Check.Unit;

    public abstract Type Op { get; }

    public abstract Saves Saves { get; }

    /// <summary>The op's own formula in double precision.</summary>
    public abstract double Forward(double x);

    /// <summary>The op's own derivative in double precision, given no more than it says it saves.</summary>
    public abstract double Derivative(double x);

    public abstract void Map(Device device, Tensor<float> x, Tensor<float> y);

    public abstract void MapBackward(Device device, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx);

    /// <summary>Inputs of the domain, none within a hair of a corner.</summary>
    public float[] Inputs(long count)
    {
        var inputs = Draw.Uniform(Name, count, Low, High);
        for (int i = 0; i < inputs.Length; i++)
            foreach (var (at, _) in Corners)
                if (Math.Abs(inputs[i] - at) < 1e-3) inputs[i] += 2e-3f;
        return inputs;
    }

    public override string ToString() => Name;
}

internal sealed class UnaryCase<TOp>(TOp op, string? name = null) : UnaryCase(name ?? typeof(TOp).Name) where TOp : unmanaged, IUnaryOp
{
    public override Type Op => typeof(TOp).IsGenericType ? typeof(TOp).GetGenericTypeDefinition() : typeof(TOp);

    public override Saves Saves => TOp.Saves;

    public override double Forward(double x) => op.Forward(new LaneD(x)).Value;

    public override double Derivative(double x) => op.Derivative(
        new LaneD(Saves.HasFlag(Saves.Input) ? x : 0),
        new LaneD(Saves.HasFlag(Saves.Output) ? Forward(x) : 0)).Value;

    public override void Map(Device device, Tensor<float> x, Tensor<float> y) => device.Map(op, x, y);

    public override void MapBackward(Device device, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx) =>
        device.MapBackward(op, dy, x, y, dx);
}
