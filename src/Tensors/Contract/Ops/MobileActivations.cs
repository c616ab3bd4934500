namespace Graft.Tensors;

/// <summary>y = min(max(0, x), 6) (PyTorch's <c>relu6</c>; Howard et al. 2017). The derivative is 0 at 0 and at 6.</summary>
public readonly struct Relu6 : IUnaryOp
{
    /// <inheritdoc/>
    public static Saves Saves => Saves.Output;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Min(S.Splat(6f), S.Max(S.Splat(0f), x));

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> =>
        S.WhereGreater(y, S.Splat(0f), S.WhereGreater(S.Splat(6f), y, S.Splat(1f), S.Splat(0f)), S.Splat(0f));
}

/// <summary>y = min(max(0, x + 3), 6) / 6 (PyTorch's <c>hardsigmoid</c>). The derivative is 0 at -3 and at 3.</summary>
public readonly struct HardSigmoid : IUnaryOp
{
    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S> => default(Relu6).Forward(x + S.Splat(3f)) / S.Splat(6f);

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> =>
        S.WhereGreater(S.Splat(3f), S.Abs(x), S.Splat(1f / 6f), S.Splat(0f));
}

/// <summary>y = x * min(max(0, x + 3), 6) / 6 (PyTorch's <c>hardswish</c>; Howard et al. 2019). The derivative is 0 at -3 and 1 at
/// 3.</summary>
public readonly struct HardSwish : IUnaryOp
{
    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x * default(Relu6).Forward(x + S.Splat(3f)) / S.Splat(6f);

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var within = S.FusedMultiplyAdd(x, S.Splat(1f / 3f), S.Splat(0.5f));
        return S.WhereGreater(x, S.Splat(-3f), S.WhereGreater(S.Splat(3f), x, within, S.Splat(1f)), S.Splat(0f));
    }
}
