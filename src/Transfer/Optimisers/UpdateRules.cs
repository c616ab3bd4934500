using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Stochastic gradient descent with momentum, as PyTorch's <c>SGD</c>: g += decay * w; m = momentum * m + g;
/// w -= rate * m. A momentum buffer that starts at zero gives PyTorch's first step.</summary>
/// <param name="learningRate">How far a step goes.</param>
/// <param name="momentum">How much of the last step is kept.</param>
/// <param name="weightDecay">The share of the weight that is added to its gradient.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
internal readonly struct Sgd(float learningRate, float momentum, float weightDecay, float gradientScale = 1f) : IUpdateRule
{
    public static int StateCount => 1;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        var pull = S.FusedMultiplyAdd(S.Splat(weightDecay), weight, gradient * S.Splat(gradientScale));
        first = S.FusedMultiplyAdd(S.Splat(momentum), first, pull);
        weight = S.FusedMultiplyAdd(S.Splat(-learningRate), first, weight);
    }
}

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch's <c>AdamW</c>.</summary>
/// <param name="learningRate">How far a step goes.</param>
/// <param name="beta1">How much of the mean gradient is kept.</param>
/// <param name="beta2">How much of the mean squared gradient is kept.</param>
/// <param name="epsilon">What is added to the root of the mean square.</param>
/// <param name="weightDecay">The share of the weight that a step of rate 1 takes off.</param>
/// <param name="step">The number of the step, from 1: what the bias corrections depend on.</param>
/// <param name="gradientScale">What the gradient is multiplied by first: below 1 where its norm is clipped.</param>
internal readonly struct AdamW(
    float learningRate, float beta1, float beta2, float epsilon, float weightDecay, int step, float gradientScale = 1f) : IUpdateRule
{
    private readonly float stepSize = (float)(learningRate / (1 - Math.Pow(beta1, step)));
    private readonly float rootScale = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step)));

    public static int StateCount => 2;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        gradient *= S.Splat(gradientScale);
        weight *= S.Splat(1f - learningRate * weightDecay);
        first = S.FusedMultiplyAdd(S.Splat(1f - beta1), gradient - first, first);
        second = S.FusedMultiplyAdd(S.Splat(beta2), second, S.Splat(1f - beta2) * gradient * gradient);
        weight -= S.Splat(stepSize) * first / S.FusedMultiplyAdd(S.Sqrt(second), S.Splat(rootScale), S.Splat(epsilon));
    }
}
