using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    /// <summary>Stochastic gradient descent with momentum (PyTorch's <c>SGD</c>).</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="momentum">The momentum, in [0, 1).</param>
    /// <param name="weightDecay">The share of a weight that is added to its gradient.</param>
    /// <param name="clipNorm">The largest norm of all gradients together (PyTorch's <c>clip_grad_norm_</c>); null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser Sgd(ParameterGroups groups, double momentum = 0.9, double weightDecay = 0, double? clipNorm = null)
    {
        Require(momentum is >= 0 and < 1, nameof(momentum), momentum, "the momentum lies in [0, 1)");
        return Of(groups, step => new Sgd(step.Rate, step.Momentum ?? (float)momentum, step.WeightDecay, step.GradientScale), weightDecay, clipNorm);
    }
}

/// <summary>Stochastic gradient descent with momentum, as PyTorch's <c>SGD</c>: g += decay * w; m = momentum * m + g;
/// w -= rate * m. A momentum buffer that starts at zero gives PyTorch's first step.</summary>
/// <param name="learningRate">The learning rate of the step.</param>
/// <param name="momentum">The momentum.</param>
/// <param name="weightDecay">The share of the weight that is added to its gradient.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
public readonly struct Sgd(float learningRate, float momentum, float weightDecay, float gradientScale = 1f) : IUpdateRule
{
    /// <inheritdoc/>
    public static int StateCount => 1;

    /// <inheritdoc/>
    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        var pull = S.FusedMultiplyAdd(S.Splat(weightDecay), weight, gradient * S.Splat(gradientScale));
        first = S.FusedMultiplyAdd(S.Splat(momentum), first, pull);
        weight = S.FusedMultiplyAdd(S.Splat(-learningRate), first, weight);
    }
}
