using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    /// <summary>RMSprop with momentum (PyTorch's <c>RMSprop</c>, not centred).</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="smoothing">The decay of the mean of squared gradients (<c>alpha</c>), in [0, 1).</param>
    /// <param name="momentum">The momentum, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the mean (<c>eps</c>).</param>
    /// <param name="weightDecay">The share of a weight that is added to its gradient.</param>
    /// <param name="clipNorm">The largest norm of all gradients together; null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser RmsProp(
        ParameterGroups groups, double smoothing = 0.99, double momentum = 0, double epsilon = 1e-8, double weightDecay = 0, double? clipNorm = null)
    {
        Require(smoothing is >= 0 and < 1, nameof(smoothing), smoothing, "the smoothing lies in [0, 1)");
        Require(momentum is >= 0 and < 1, nameof(momentum), momentum, "the momentum lies in [0, 1)");
        Require(epsilon > 0, nameof(epsilon), epsilon, "epsilon is above 0");
        return Of(
            groups, step => new RmsProp(step.Rate, (float)smoothing, step.Momentum ?? (float)momentum, (float)epsilon, step.WeightDecay, step.GradientScale), weightDecay, clipNorm);
    }
}

/// <summary>RMSprop (Tieleman and Hinton 2012) with momentum, as PyTorch's <c>RMSprop</c>.</summary>
/// <param name="learningRate">The learning rate of the step.</param>
/// <param name="smoothing">The decay of the mean of squared gradients (<c>alpha</c>).</param>
/// <param name="momentum">The momentum.</param>
/// <param name="epsilon">Added to the root of the mean (<c>eps</c>).</param>
/// <param name="weightDecay">The share of the weight that is added to its gradient.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
public readonly struct RmsProp(
    float learningRate, float smoothing, float momentum, float epsilon, float weightDecay, float gradientScale = 1f) : IUpdateRule
{
    /// <inheritdoc/>
    public static int StateCount => 2;

    /// <inheritdoc/>
    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        var pull = S.FusedMultiplyAdd(S.Splat(weightDecay), weight, gradient * S.Splat(gradientScale));
        second = S.FusedMultiplyAdd(S.Splat(smoothing), second, S.Splat(1f - smoothing) * pull * pull);
        first = S.FusedMultiplyAdd(S.Splat(momentum), first, pull / (S.Sqrt(second) + S.Splat(epsilon)));
        weight = S.FusedMultiplyAdd(S.Splat(-learningRate), first, weight);
    }
}
