using Graft.Tensors;

namespace Graft.Samples.OwnNetwork;

/// <summary>An update rule of one's own: Lion (Chen et al. 2023). w -= rate (sign(b1 m + (1 - b1) g) + decay w), then
/// m = b2 m + (1 - b2) g.</summary>
/// <param name="rate">How far the step goes.</param>
/// <param name="decay">The share of a weight that a step of rate 1 takes off.</param>
internal readonly struct Lion(float rate, float decay) : IUpdateRule
{
    private const float Beta1 = 0.9f, Beta2 = 0.99f;

    /// <summary>One number is remembered a weight: m.</summary>
    public static int StateCount => 1;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        var direction = S.Splat(Beta1) * first + S.Splat(1 - Beta1) * gradient;
        var sign = S.WhereGreater(direction, S.Splat(0), S.Splat(1), S.WhereGreater(S.Splat(0), direction, S.Splat(-1), S.Splat(0)));
        weight -= S.Splat(rate) * (sign + S.Splat(decay) * weight);
        first = S.Splat(Beta2) * first + S.Splat(1 - Beta2) * gradient;
    }
}
