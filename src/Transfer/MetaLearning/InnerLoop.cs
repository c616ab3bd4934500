using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>How a model adapts to a task: a few steps of gradient descent from the weights that it has, which stay as they are (Finn et al. 2017).</summary>
public sealed record InnerLoop
{
    /// <summary>The learning rate; 0.01 for the paper's sines, 0.4 for its Omniglot.</summary>
    public double Rate { get; init; } = 0.01;

    /// <summary>How many steps are made.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>Which parameters adapt; null for all. The head alone is ANIL (Raghu et al. 2020).</summary>
    public Func<Parameter, bool>? Adapts { get; init; }

    /// <summary>The weights after the steps.</summary>
    /// <param name="parameters">The model's parameters that are not frozen.</param>
    /// <param name="support">The loss that is learnt by.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="seed">The seed of whatever a run draws.</param>
    /// <exception cref="NonFiniteException">A gradient is not finite.</exception>
    public AdaptedWeights Adapt(IReadOnlyList<Parameter> parameters, Func<Pass, Variable> support, Device device, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(support);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegative(Steps);
        var adapted = new AdaptedWeights(parameters, this, support, device, seed);
        for (int step = 0; step < Steps; step++) adapted.Step();
        return adapted;
    }
}

/// <summary>A model's weights after a few steps on a task, beside those that it has.</summary>
/// <remarks>Used by one thread at a time.</remarks>
public sealed class AdaptedWeights
{
    // a hundredth of a unit along the direction, as in DARTS (Liu et al. 2019): smaller drowns in single precision's rounding, larger in curvature
    private const double Difference = 0.01;

    private readonly IReadOnlyList<Parameter> parameters;
    private readonly InnerLoop how;
    private readonly Func<Pass, Variable> support;
    private readonly Device device;
    private readonly ulong seed;
    private readonly List<float[][]> trail = [];
    private readonly List<double> losses = [];
    private readonly float[][] start;
    private float[][] now;

    internal AdaptedWeights(IReadOnlyList<Parameter> parameters, InnerLoop how, Func<Pass, Variable> support, Device device, ulong seed)
    {
        (this.parameters, this.how, this.support, this.device, this.seed) = (parameters, how, support, device, seed);
        start = now = [.. parameters.Select(static parameter => parameter.Value.ToArray())];
    }

    /// <summary>The loss that was learnt by, before each step.</summary>
    public IReadOnlyList<double> Losses => losses;

    /// <summary>Has a run compute with the adapted weights; gradients flow to the model's own as if those had been moved by a constant.</summary>
    /// <param name="pass">A run that has not used the model yet.</param>
    public void SubstituteIn(Pass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        for (int i = 0; i < parameters.Count; i++)
        {
            float[] moved = Less(now[i], start[i]);
            pass.Substitute(parameters[i], own => own + pass.Constant(pass.Upload<float>(own.Shape, moved)));
        }
    }

    /// <summary>By how much a parameter has moved.</summary>
    internal float[] Movement(int parameter) => Less(now[parameter], start[parameter]);

    /// <summary>One more step.</summary>
    internal void Step()
    {
        trail.Add(now);
        var (loss, gradient) = GradientAt(now);
        losses.Add(loss);
        now = [.. now.Select((values, i) => Adapts(i) ? Sum(values, gradient[i], -how.Rate) : values)];
    }

    /// <summary>The gradient of a loss at the adapted weights as one of the weights that they came from: through each step, v becomes v - rate H v, H the second
    /// derivatives of the loss that was learnt by, along v by central differences of gradients.</summary>
    internal float[][] Through(float[][] gradient)
    {
        for (int step = trail.Count - 1; step >= 0; step--)
        {
            float[][] along = [.. gradient.Select((values, i) => Adapts(i) ? values : new float[values.Length])];
            double norm = Math.Sqrt(along.Sum(static values => values.Sum(static value => (double)value * value)));
            if (norm == 0) continue;
            double by = Difference / norm;
            float[][] from = trail[step];
            var ahead = GradientAt([.. from.Select((values, i) => Sum(values, along[i], by))]).Gradient;
            var behind = GradientAt([.. from.Select((values, i) => Sum(values, along[i], -by))]).Gradient;
            gradient = [.. gradient.Select((values, i) => Sum(values, Less(ahead[i], behind[i]), -how.Rate / (2 * by)))];
        }
        return gradient;
    }

    private bool Adapts(int parameter) => how.Adapts?.Invoke(parameters[parameter]) ?? true;

    private (double Loss, float[][] Gradient) GradientAt(float[][] weights)
    {
        using var pass = Pass.Train(device, seed);
        var leaves = new Variable[parameters.Count];
        for (int i = 0; i < leaves.Length; i++)
        {
            leaves[i] = pass.Leaf(pass.Upload<float>(parameters[i].Shape, weights[i]));
            pass.Substitute(parameters[i], leaves[i]);
        }
        var loss = support(pass);
        var gradients = pass.Backward(loss);
        // a run that is thought through once more leaves no statistics behind
        pass.DiscardDeferred();
        float value = loss.Value.ToArray()[0];
        if (!float.IsFinite(value)) throw new NonFiniteException("the loss of an inner step", value);
        return (value, [.. leaves.Select((leaf, i) => gradients.Of(leaf)?.ToArray() ?? new float[weights[i].Length])]);
    }

    private static float[] Sum(float[] values, float[] others, double factor)
    {
        var sum = new float[values.Length];
        for (int i = 0; i < sum.Length; i++) sum[i] = (float)(values[i] + factor * others[i]);
        return sum;
    }

    private static float[] Less(float[] values, float[] others)
    {
        var difference = new float[values.Length];
        for (int i = 0; i < difference.Length; i++) difference[i] = values[i] - others[i];
        return difference;
    }
}
