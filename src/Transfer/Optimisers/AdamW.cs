using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    /// <summary>Adam with decoupled weight decay (PyTorch's <c>AdamW</c>).</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="beta1">The decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">The decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment (<c>eps</c>).</param>
    /// <param name="weightDecay">The share of a weight that a step of rate 1 takes off.</param>
    /// <param name="clipNorm">The largest norm of all gradients together; null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser AdamW(
        ParameterGroups groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01, double? clipNorm = null)
    {
        RequireMoments(beta1, beta2, epsilon);
        return Of(
            groups,
            step => new AdamW(step.Rate, step.Momentum ?? (float)beta1, (float)beta2, (float)epsilon, step.WeightDecay, step.Number, step.GradientScale),
            weightDecay, clipNorm);
    }
}

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch's <c>AdamW</c>.</summary>
/// <param name="learningRate">The learning rate of the step.</param>
/// <param name="beta1">The decay of the first moment.</param>
/// <param name="beta2">The decay of the second moment.</param>
/// <param name="epsilon">Added to the root of the second moment (<c>eps</c>).</param>
/// <param name="weightDecay">The share of the weight that a step of rate 1 takes off.</param>
/// <param name="step">The number of the step, from 1: what the bias corrections depend on.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
public readonly struct AdamW(
    float learningRate, float beta1, float beta2, float epsilon, float weightDecay, int step, float gradientScale = 1f) : IUpdateRule
{
    private readonly float stepSize = (float)(learningRate / (1 - Math.Pow(beta1, step)));
    private readonly float rootScale = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step)));

    /// <inheritdoc/>
    public static int StateCount => 2;

    /// <inheritdoc/>
    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        gradient *= S.Splat(gradientScale);
        weight *= S.Splat(1f - learningRate * weightDecay);
        first = S.FusedMultiplyAdd(S.Splat(1f - beta1), gradient - first, first);
        second = S.FusedMultiplyAdd(S.Splat(beta2), second, S.Splat(1f - beta2) * gradient * gradient);
        weight -= S.Splat(stepSize) * first / S.FusedMultiplyAdd(S.Sqrt(second), S.Splat(rootScale), S.Splat(epsilon));
    }
}
