using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    /// <summary>Lion (Chen et al. 2023): the sign of a momentum, with decoupled weight decay; rates are to be 3 to 10 times below Adam's.</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="beta1">How much of the momentum is in a step, in [0, 1).</param>
    /// <param name="beta2">The decay of the momentum, in [0, 1).</param>
    /// <param name="weightDecay">The share of a weight that a step of rate 1 takes off.</param>
    /// <param name="clipNorm">The largest norm of all gradients together; null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser Lion(ParameterGroups groups, double beta1 = 0.9, double beta2 = 0.99, double weightDecay = 0, double? clipNorm = null)
    {
        RequireMoments(beta1, beta2, epsilon: 1);
        return Of(groups, step => new Lion(step.Rate, step.Momentum ?? (float)beta1, (float)beta2, step.WeightDecay, step.GradientScale), weightDecay, clipNorm);
    }
}

/// <summary>Lion (Chen et al. 2023): w -= rate * (sign(beta1 m + (1 - beta1) g) + decay * w); m = beta2 m + (1 - beta2) g.</summary>
/// <param name="learningRate">The learning rate of the step.</param>
/// <param name="beta1">How much of the momentum is in the step.</param>
/// <param name="beta2">The decay of the momentum.</param>
/// <param name="weightDecay">The share of the weight that a step of rate 1 takes off.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
public readonly struct Lion(float learningRate, float beta1, float beta2, float weightDecay, float gradientScale = 1f) : IUpdateRule
{
    /// <inheritdoc/>
    public static int StateCount => 1;

    /// <inheritdoc/>
    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        gradient *= S.Splat(gradientScale);
        S zero = S.Splat(0f), rate = S.Splat(learningRate);
        var direction = S.FusedMultiplyAdd(S.Splat(beta1), first, S.Splat(1f - beta1) * gradient);
        weight *= S.Splat(1f - learningRate * weightDecay);
        weight -= S.WhereGreater(direction, zero, rate, S.WhereGreater(zero, direction, -rate, zero));
        first = S.FusedMultiplyAdd(S.Splat(beta2), first, S.Splat(1f - beta2) * gradient);
    }
}
