using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    /// <summary>Adagrad (PyTorch's <c>Adagrad</c>): what had large gradients so far makes small steps.</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="rateDecay">How much the rate falls a step (<c>lr_decay</c>): step n has the rate divided by 1 + (n - 1) times this.</param>
    /// <param name="epsilon">Added to the root of the sum (<c>eps</c>).</param>
    /// <param name="weightDecay">The share of a weight that is added to its gradient.</param>
    /// <param name="clipNorm">The largest norm of all gradients together; null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser Adagrad(ParameterGroups groups, double rateDecay = 0, double epsilon = 1e-10, double weightDecay = 0, double? clipNorm = null)
    {
        Require(rateDecay >= 0, nameof(rateDecay), rateDecay, "the rate's decay is 0 or more");
        Require(epsilon > 0, nameof(epsilon), epsilon, "epsilon is above 0");
        return Of(
            groups,
            step => new Adagrad((float)(step.Rate / (1 + (step.Number - 1) * rateDecay)), (float)epsilon, step.WeightDecay, step.GradientScale), weightDecay, clipNorm);
    }
}

/// <summary>Adagrad (Duchi, Hazan and Singer 2011), as PyTorch's <c>Adagrad</c>.</summary>
/// <param name="learningRate">The learning rate of the step, already decayed.</param>
/// <param name="epsilon">Added to the root of the sum (<c>eps</c>).</param>
/// <param name="weightDecay">The share of the weight that is added to its gradient.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
public readonly struct Adagrad(float learningRate, float epsilon, float weightDecay, float gradientScale = 1f) : IUpdateRule
{
    /// <inheritdoc/>
    public static int StateCount => 1;

    /// <inheritdoc/>
    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        var pull = S.FusedMultiplyAdd(S.Splat(weightDecay), weight, gradient * S.Splat(gradientScale));
        first = S.FusedMultiplyAdd(pull, pull, first);
        weight -= S.Splat(learningRate) * pull / (S.Sqrt(first) + S.Splat(epsilon));
    }
}
