namespace Graft.Tensors;

/// <summary>y = max(0, x). The output says all that the derivative needs.</summary>
public readonly struct Relu : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Max(S.Splat(0f), x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.WhereGreater(y, S.Splat(0f), S.Splat(1f), S.Splat(0f));
}

/// <summary>y = x where x is positive, slope * x elsewhere.</summary>
public readonly struct LeakyRelu(float slope) : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(0f), x, x * S.Splat(slope));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(0f), S.Splat(1f), S.Splat(slope));
}

/// <summary>y = x held within [low, high]; ReLU6 is Clamp(0, 6).</summary>
public readonly struct Clamp(float low, float high) : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Min(S.Splat(high), S.Max(S.Splat(low), x));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var belowHigh = S.WhereGreater(S.Splat(high), x, S.Splat(1f), S.Splat(0f));
        return S.WhereGreater(x, S.Splat(low), belowHigh, S.Splat(0f));
    }
}

/// <summary>y = 1 / (1 + e^-x).</summary>
public readonly struct Sigmoid : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Splat(1f) / (S.Splat(1f) + S.Exp(-x));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => y * (S.Splat(1f) - y);
}

/// <summary>y = tanh x.</summary>
public readonly struct HyperbolicTangent : IUnaryOp
{
    public static Saves Saves => Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.Tanh(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.FusedMultiplyAdd(-y, y, S.Splat(1f));
}

/// <summary>y = x / (1 + e^-x) (SiLU, swish; Elfwing et al. 2017).</summary>
public readonly struct Silu : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x / (S.Splat(1f) + S.Exp(-x));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var sigmoid = S.Splat(1f) / (S.Splat(1f) + S.Exp(-x));
        return sigmoid * S.FusedMultiplyAdd(x, S.Splat(1f) - sigmoid, S.Splat(1f));
    }
}

/// <summary>y = x / 2 * (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel 2016).</summary>
public readonly struct Gelu : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S>
    {
        var half = x * S.Splat(0.5f);
        return S.FusedMultiplyAdd(half, S.Erf(x * S.Splat(GeluConstants.InverseSquareRootOfTwo)), half);
    }

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var cumulative = S.FusedMultiplyAdd(S.Splat(0.5f), S.Erf(x * S.Splat(GeluConstants.InverseSquareRootOfTwo)), S.Splat(0.5f));
        var density = S.Splat(GeluConstants.InverseSquareRootOfTwoPi) * S.Exp(x * x * S.Splat(-0.5f));
        return S.FusedMultiplyAdd(x, density, cumulative);
    }
}

/// <summary>y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))): the approximation that GPT-2 uses.</summary>
public readonly struct GeluTanh : IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S>
    {
        var half = x * S.Splat(0.5f);
        return S.FusedMultiplyAdd(half, S.Tanh(GeluConstants.TanhArgument(x)), half);
    }

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var tanh = S.Tanh(GeluConstants.TanhArgument(x));
        var slope = S.Splat(GeluConstants.SquareRootOfTwoOverPi) * S.FusedMultiplyAdd(S.Splat(3f * GeluConstants.Cubic), x * x, S.Splat(1f));
        var half = S.Splat(0.5f);
        return S.FusedMultiplyAdd(half, tanh, half) + half * x * S.FusedMultiplyAdd(-tanh, tanh, S.Splat(1f)) * slope;
    }
}

/// <summary>second(first(x)) as one op: one sweep over memory instead of two.</summary>
public readonly struct Then<TFirst, TSecond>(TFirst first, TSecond second) : IUnaryOp
    where TFirst : unmanaged, IUnaryOp
    where TSecond : unmanaged, IUnaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => second.Forward(first.Forward(x));

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var middle = first.Forward(x);
        return second.Derivative(middle, second.Forward(middle)) * first.Derivative(x, middle);
    }
}

internal static class GeluConstants
{
    public const float InverseSquareRootOfTwo = 0.707106781f;
    public const float InverseSquareRootOfTwoPi = 0.398942280f;
    public const float SquareRootOfTwoOverPi = 0.797884561f;
    public const float Cubic = 0.044715f;

    public static S TanhArgument<S>(S x) where S : unmanaged, ILane<S> =>
        S.Splat(SquareRootOfTwoOverPi) * S.FusedMultiplyAdd(S.Splat(Cubic) * x * x, x, x);
}
