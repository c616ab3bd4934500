using Graft.Autograd;

namespace Graft.Models;

/// <summary>The block of MobileNets and EfficientNets (Sandler et al. 2018): channels are widened, filtered in depth and projected to few again,
/// and the block's input is added where it has the output's shape.</summary>
internal sealed class InvertedResidual : Layer
{
    private readonly Layer[] steps;
    private readonly ConvNormActivation? projection;
    private readonly StochasticDepth? depth;
    private readonly bool isResidual;

    /// <param name="steps">The layers before the projection, with their keys.</param>
    /// <param name="projection">The last convolution, behind which the input is added; null where a step is the last.</param>
    /// <param name="isResidual">Whether the input is added.</param>
    /// <param name="dropProbability">How often training does without the branch.</param>
    public InvertedResidual(
        IReadOnlyList<(string Key, Layer Layer)> steps, (string Key, ConvNormActivation Layer)? projection, bool isResidual, float dropProbability = 0)
    {
        this.steps = [.. steps.Select(step => Add(step.Key, step.Layer))];
        if (projection is var (key, layer)) this.projection = Add(key, layer);
        this.isResidual = isResidual;
        if (isResidual && dropProbability > 0) depth = Add("stochastic_depth", new StochasticDepth(dropProbability));
    }

    /// <summary>The nearest multiple of 8, unless that would take away more than a tenth (the MobileNets' <c>make_divisible</c>).</summary>
    public static int Channels(double wanted, int multiple = 8)
    {
        int rounded = Math.Max(multiple, (int)(wanted + multiple / 2.0) / multiple * multiple);
        return rounded < 0.9 * wanted ? rounded + multiple : rounded;
    }

    protected override Variable Compute(Variable x)
    {
        var y = LayerScope.Chain(steps.AsSpan(), x, (object?)null, static (layer, input, _) => layer.Forward(input));
        bool drops = depth is not null && depth.IsActive(x.Pass);
        if (projection is not null && !drops) return projection.Forward(y, isResidual ? x : null);
        if (projection is not null) y = projection.Forward(y);
        if (drops) y = depth!.Forward(y);
        return isResidual ? y + x : y;
    }
}
