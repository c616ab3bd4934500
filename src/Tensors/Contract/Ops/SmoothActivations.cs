namespace Graft.Tensors;

/// <summary>y = x where x is positive, alpha * (e^x - 1) elsewhere (PyTorch's <c>elu</c>; Clevert et al. 2015). The derivative at 0
/// is alpha.</summary>
/// <param name="alpha">What y falls to, negated; commonly 1.</param>
public readonly struct Elu(float alpha) : IUnaryOp
{
    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S>
    {
        // e^x - 1 = tanh(x / 2) * (e^x + 1), which does not cancel near 0
        var negative = S.Min(S.Splat(0f), x);
        var expm1 = S.Tanh(negative * S.Splat(0.5f)) * (S.Exp(negative) + S.Splat(1f));
        return S.WhereGreater(x, S.Splat(0f), x, S.Splat(alpha) * expm1);
    }

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(0f), S.Splat(1f), S.Splat(alpha) * S.Exp(x));
}

/// <summary>y = x / (1 + e^(-1.702 x)): the approximation of GELU that CLIP uses.</summary>
public readonly struct QuickGelu : IUnaryOp
{
    private const float Factor = 1.702f;

    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x / (S.Splat(1f) + S.Exp(x * S.Splat(-Factor)));

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var sigmoid = S.Splat(1f) / (S.Splat(1f) + S.Exp(x * S.Splat(-Factor)));
        return sigmoid * S.FusedMultiplyAdd(x * S.Splat(Factor), S.Splat(1f) - sigmoid, S.Splat(1f));
    }
}

/// <summary>y = ln(1 + e^x) (PyTorch's <c>softplus</c> with beta 1).</summary>
public readonly struct Softplus : IUnaryOp
{
    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S>
    {
        // ln(1 + u) is u * ln(w) / (w - 1) with w = 1 + u as it is rounded (Kahan): exact to the last places where u is small
        var one = S.Splat(1f);
        var u = S.Exp(-S.Abs(x));
        var w = one + u;
        var logarithm = S.WhereGreater(w, one, S.Log(w) * (u / (w - one)), u);
        return S.Max(S.Splat(0f), x) + logarithm;
    }

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(1f) / (S.Splat(1f) + S.Exp(-x));
}

/// <summary>y = x * tanh(ln(1 + e^x)) (PyTorch's <c>mish</c>; Misra 2019).</summary>
public readonly struct Mish : IUnaryOp
{
    /// <summary>From here on the tanh is 1 and e^x is held, so that nothing overflows.</summary>
    private const float Highest = 20f;

    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S>
    {
        // tanh(ln(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1)
        var exponential = S.Exp(S.Min(S.Splat(Highest), x));
        var square = exponential * (exponential + S.Splat(2f));
        return x * (square / (square + S.Splat(2f)));
    }

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        S one = S.Splat(1f), two = S.Splat(2f);
        var exponential = S.Exp(S.Min(S.Splat(Highest), x));
        var square = exponential * (exponential + two);
        var tanh = square / (square + two);
        var slope = two / (square + two) * (one + tanh) * (exponential / (one + exponential));
        return S.FusedMultiplyAdd(x, slope, tanh);
    }
}
