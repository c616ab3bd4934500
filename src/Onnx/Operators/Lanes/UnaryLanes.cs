using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>y = erf(x).</summary>
internal readonly struct ErrorFunction : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Erf(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(1.1283791671f) * S.Exp(-(x * x));
}

/// <summary>y = x / (1 + |x|).</summary>
internal readonly struct Softsign : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x / (S.Splat(1f) + S.Abs(x));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var below = S.Splat(1f) + S.Abs(x);
        return S.Splat(1f) / (below * below);
    }
}

/// <summary>y = gamma x where x is positive, gamma alpha (e^x - 1) elsewhere.</summary>
internal readonly struct ScaledElu(float alpha, float gamma) : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Splat(gamma) * new Elu(alpha).Forward(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(gamma) * new Elu(alpha).Derivative(x, y);
}

/// <summary>y = x where x is positive, alpha (e^(x / alpha) - 1) elsewhere.</summary>
internal readonly struct ContinuousElu(float alpha) : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S>
    {
        var negative = S.Min(S.Splat(0f), x / S.Splat(alpha));
        return S.WhereGreater(x, S.Splat(0f), x, S.Splat(alpha) * (S.Exp(negative) - S.Splat(1f)));
    }

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(0f), S.Splat(1f), S.Exp(x / S.Splat(alpha)));
}

/// <summary>y = max(0, min(1, alpha x + beta)).</summary>
internal readonly struct LinearSigmoid(float alpha, float beta) : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Max(S.Splat(0f), S.Min(S.Splat(1f), x * S.Splat(alpha) + S.Splat(beta)));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> =>
        S.WhereGreater(y, S.Splat(0f), S.WhereGreater(S.Splat(1f), y, S.Splat(alpha), S.Splat(0f)), S.Splat(0f));
}

/// <summary>y = x above a threshold, 0 elsewhere.</summary>
internal readonly struct ThresholdedRelu(float threshold) : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(threshold), x, S.Splat(0f));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(threshold), S.Splat(1f), S.Splat(0f));
}

/// <summary>y = x - bias above lambda, x + bias below -lambda, 0 between.</summary>
internal readonly struct Shrink(float lambda, float bias) : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> =>
        S.WhereGreater(x, S.Splat(lambda), x - S.Splat(bias), S.WhereGreater(S.Splat(-lambda), x, x + S.Splat(bias), S.Splat(0f)));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.WhereGreater(S.Abs(x), S.Splat(lambda), S.Splat(1f), S.Splat(0f));
}

/// <summary>y = x / (1 + e^(-factor x)).</summary>
internal readonly struct ScaledSwish(float factor) : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x / (S.Splat(1f) + S.Exp(x * S.Splat(-factor)));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var sigmoid = S.Splat(1f) / (S.Splat(1f) + S.Exp(x * S.Splat(-factor)));
        return sigmoid * (S.Splat(1f) + x * S.Splat(factor) * (S.Splat(1f) - sigmoid));
    }
}
