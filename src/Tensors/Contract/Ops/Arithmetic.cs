namespace Graft.Tensors;

/// <summary>y = x.</summary>
public readonly struct Identity : IUnaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x;

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(1f);
}

/// <summary>y = -x.</summary>
public readonly struct Negate : IUnaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => -x;

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(-1f);
}

/// <summary>y = factor * x.</summary>
public readonly struct Scale(float factor) : IUnaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x * S.Splat(factor);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(factor);
}

/// <summary>y = x + addend.</summary>
public readonly struct AddScalar(float addend) : IUnaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x + S.Splat(addend);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(1f);
}

/// <summary>y = x^2.</summary>
public readonly struct Square : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x * x;

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => x + x;
}

/// <summary>y = sqrt(x).</summary>
public readonly struct SquareRoot : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Sqrt(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(0.5f) / y;
}

/// <summary>y = 1 / sqrt(x + epsilon).</summary>
public readonly struct InverseSquareRoot(float epsilon) : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Splat(1f) / S.Sqrt(x + S.Splat(epsilon));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(-0.5f) * y * y * y;
}

/// <summary>y = 1 / x.</summary>
public readonly struct Reciprocal : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Splat(1f) / x;

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => -(y * y);
}

/// <summary>y = |x|; the derivative at 0 is 0, as in PyTorch.</summary>
public readonly struct Absolute : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Abs(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(0f), S.Splat(1f), S.WhereGreater(S.Splat(0f), x, S.Splat(-1f), S.Splat(0f)));
}

/// <summary>y = e^x.</summary>
public readonly struct Exponential : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Exp(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => y;
}

/// <summary>y = ln x.</summary>
public readonly struct Logarithm : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Log(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(1f) / x;
}
