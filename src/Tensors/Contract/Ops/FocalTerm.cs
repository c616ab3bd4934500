namespace Graft.Tensors;

/// <summary>y = -(1 - e^x)^gamma x of a log-probability x, which is 0 at most: what a row of the focal loss (Lin et al. 2017) adds, -x without its factor.</summary>
/// <remarks>1 - e^x is computed as -tanh(x / 2) (1 + e^x), which keeps its digits where x is small. Where x is 0 the slope is 0, or -1 for
/// gamma 0.</remarks>
/// <param name="gamma">How little what is known already counts; 0 or more.</param>
public readonly struct FocalTerm(float gamma) : IUnaryOp
{
    private const float Smallest = 1e-30f;

    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S> => -(Factor(Rest(x)) * x);

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var rest = Rest(x);
        return Factor(rest) * (S.Splat(gamma) * S.Exp(x) * (x / rest) - S.Splat(1f));
    }

    /// <summary>1 - e^x, above 0.</summary>
    private static S Rest<S>(S x) where S : unmanaged, ILane<S> => S.Max(S.Tanh(x * S.Splat(-0.5f)) * (S.Exp(x) + S.Splat(1f)), S.Splat(Smallest));

    private S Factor<S>(S rest) where S : unmanaged, ILane<S> => S.Exp(S.Splat(gamma) * S.Log(rest));
}
