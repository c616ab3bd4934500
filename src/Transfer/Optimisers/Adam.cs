using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    /// <summary>Adam with L2 regularisation (PyTorch's <c>Adam</c>): the decay is added to the gradient, and so divided by its size as the rest is.</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="beta1">The decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">The decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment (<c>eps</c>).</param>
    /// <param name="weightDecay">The share of a weight that is added to its gradient.</param>
    /// <param name="clipNorm">The largest norm of all gradients together; null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser Adam(
        ParameterGroups groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0, double? clipNorm = null)
    {
        RequireMoments(beta1, beta2, epsilon);
        return Of(
            groups,
            step => new Adam(step.Rate, step.Momentum ?? (float)beta1, (float)beta2, (float)epsilon, step.WeightDecay, step.Number, step.GradientScale),
            weightDecay, clipNorm);
    }

    private static void RequireMoments(double beta1, double beta2, double epsilon)
    {
        Require(beta1 is >= 0 and < 1, nameof(beta1), beta1, "beta1 lies in [0, 1)");
        Require(beta2 is >= 0 and < 1, nameof(beta2), beta2, "beta2 lies in [0, 1)");
        Require(epsilon > 0, nameof(epsilon), epsilon, "epsilon is above 0");
    }
}

/// <summary>Adam (Kingma and Ba 2015) with L2 regularisation, as PyTorch's <c>Adam</c>.</summary>
/// <param name="learningRate">The learning rate of the step.</param>
/// <param name="beta1">The decay of the first moment.</param>
/// <param name="beta2">The decay of the second moment.</param>
/// <param name="epsilon">Added to the root of the second moment (<c>eps</c>).</param>
/// <param name="weightDecay">The share of the weight that is added to its gradient.</param>
/// <param name="step">The number of the step, from 1: what the bias corrections depend on.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
public readonly struct Adam(
    float learningRate, float beta1, float beta2, float epsilon, float weightDecay, int step, float gradientScale = 1f) : IUpdateRule
{
    private readonly float stepSize = (float)(learningRate / (1 - Math.Pow(beta1, step)));
    private readonly float rootScale = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step)));

    /// <inheritdoc/>
    public static int StateCount => 2;

    /// <inheritdoc/>
    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        var pull = S.FusedMultiplyAdd(S.Splat(weightDecay), weight, gradient * S.Splat(gradientScale));
        first = S.FusedMultiplyAdd(S.Splat(1f - beta1), pull - first, first);
        second = S.FusedMultiplyAdd(S.Splat(beta2), second, S.Splat(1f - beta2) * pull * pull);
        weight -= S.Splat(stepSize) * first / S.FusedMultiplyAdd(S.Sqrt(second), S.Splat(rootScale), S.Splat(epsilon));
    }
}
