using Graft.Tensors;

namespace Graft.Samples.OwnNetwork;

/// <summary>An update rule of one's own: Signum (Bernstein et al. 2018). m = b m + (1 - b) g, then w -= rate (sign(m) + decay w).</summary>
/// <param name="rate">How far the step goes.</param>
/// <param name="decay">The share of a weight that a step of rate 1 takes off.</param>
internal readonly struct Signum(float rate, float decay) : IUpdateRule
{
    private const float Beta = 0.95f;

    /// <summary>One number is remembered a weight: m.</summary>
    public static int StateCount => 1;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        first = S.Splat(Beta) * first + S.Splat(1 - Beta) * gradient;
        var sign = S.WhereGreater(first, S.Splat(0), S.Splat(1), S.WhereGreater(S.Splat(0), first, S.Splat(-1), S.Splat(0)));
        weight -= S.Splat(rate) * (sign + S.Splat(decay) * weight);
    }
}
