namespace Graft.Tensors;

/// <summary>y = a + b.</summary>
public readonly struct Add : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => a + b;

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy;

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy;
}

/// <summary>y = a + factor * b.</summary>
public readonly struct AddScaled(float factor) : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.FusedMultiplyAdd(S.Splat(factor), b, a);

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy;

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.Splat(factor);
}

/// <summary>y = a - b.</summary>
public readonly struct Subtract : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => a - b;

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy;

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => -dy;
}

/// <summary>y = a * b.</summary>
public readonly struct Multiply : IBinaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => a * b;

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * b;

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * a;
}

/// <summary>y = a / b.</summary>
public readonly struct Divide : IBinaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => a / b;

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy / b;

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => -(dy * a / (b * b));
}

/// <summary>y = max(a, b); of equals, each takes half the gradient, as in PyTorch.</summary>
public readonly struct Maximum : IBinaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.Max(a, b);

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.WhereGreater(a, b, S.Splat(1f), S.WhereGreater(b, a, S.Splat(0f), S.Splat(0.5f)));

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.WhereGreater(b, a, S.Splat(1f), S.WhereGreater(a, b, S.Splat(0f), S.Splat(0.5f)));
}

/// <summary>y = min(a, b); of equals, each takes half the gradient, as in PyTorch.</summary>
public readonly struct Minimum : IBinaryOp
{
    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.Min(a, b);

    /// <inheritdoc/>
    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => default(Maximum).BackwardRight(dy, a, b, y);

    /// <inheritdoc/>
    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => default(Maximum).BackwardLeft(dy, a, b, y);
}

/// <summary>y = a + weight * (b - a): the moving average of running statistics.</summary>
public readonly struct Lerp(float weight) : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.FusedMultiplyAdd(S.Splat(weight), b - a, a);

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.Splat(1f - weight);

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.Splat(weight);
}
