using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>y = x where it is not negative, slope x elsewhere, with a slope for each element.</summary>
internal readonly struct ParametricRelu : IBinaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.WhereGreater(S.Splat(0f), a, a * b, a);

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.WhereGreater(S.Splat(0f), a, b, S.Splat(1f));

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * S.WhereGreater(S.Splat(0f), a, a, S.Splat(0f));
}

/// <summary>y = a^b for positive a.</summary>
internal readonly struct PowerOf : IBinaryOp
{
    public static Saves Saves => Saves.Input | Saves.Output;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.Exp(b * S.Log(a));

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * b * y / a;

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * y * S.Log(a);
}

/// <summary>y = b where the condition a is not 0, else 0: nothing flows to the condition.</summary>
internal readonly struct WhereTrue : IBinaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.WhereGreater(S.Abs(a), S.Splat(0f), b, S.Splat(0f));

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.WhereGreater(S.Abs(a), S.Splat(0f), dy, S.Splat(0f));
}

/// <summary>y = b where the condition a is 0, else 0.</summary>
internal readonly struct WhereFalse : IBinaryOp
{
    public static Saves Saves => Saves.Input;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.WhereGreater(S.Abs(a), S.Splat(0f), S.Splat(0f), b);

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.WhereGreater(S.Abs(a), S.Splat(0f), S.Splat(0f), dy);
}

/// <summary>y = 1 where a is greater than b, else 0.</summary>
internal readonly struct IsGreater : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.WhereGreater(a, b, S.Splat(1f), S.Splat(0f));

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);
}

/// <summary>y = 1 where a is greater than b or as large, else 0; of what is no number 0.</summary>
internal readonly struct IsGreaterOrEqual : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S>
    {
        var (one, zero) = (S.Splat(1f), S.Splat(0f));
        return S.WhereGreater(a, b, one, default(IsEqual).Forward(a, b) * (one - S.WhereGreater(b, a, one, zero)));
    }

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);
}

/// <summary>y = 1 where a is b, else 0.</summary>
internal readonly struct IsEqual : IBinaryOp
{
    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S a, S b) where S : unmanaged, ILane<S>
    {
        var (one, zero) = (S.Splat(1f), S.Splat(0f));
        // what is no number is neither above minus infinity's neighbour nor below
        var isNumber = S.WhereGreater(a, S.Splat(0f), one, S.WhereGreater(S.Splat(1f), a, one, zero)) * S.WhereGreater(b, S.Splat(0f), one, S.WhereGreater(S.Splat(1f), b, one, zero));
        return S.WhereGreater(a, b, zero, S.WhereGreater(b, a, zero, isNumber));
    }

    public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);

    public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);
}
