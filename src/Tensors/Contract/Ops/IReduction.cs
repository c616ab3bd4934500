namespace Graft.Tensors;

/// <summary>How many numbers become one.</summary>
public interface IReduction
{
    /// <summary>The result over no numbers at all.</summary>
    static abstract float Identity { get; }

    /// <summary>The running result with one more number.</summary>
    static abstract S Accumulate<S>(S running, S x) where S : unmanaged, ILane<S>;

    /// <summary>Two running results as one.</summary>
    static abstract S Combine<S>(S left, S right) where S : unmanaged, ILane<S>;
}

/// <summary>x1 + x2 + ...</summary>
public readonly struct SumOf : IReduction
{
    public static float Identity => 0f;

    public static S Accumulate<S>(S running, S x) where S : unmanaged, ILane<S> => running + x;

    public static S Combine<S>(S left, S right) where S : unmanaged, ILane<S> => left + right;
}

/// <summary>x1^2 + x2^2 + ...</summary>
public readonly struct SumOfSquares : IReduction
{
    public static float Identity => 0f;

    public static S Accumulate<S>(S running, S x) where S : unmanaged, ILane<S> => S.FusedMultiplyAdd(x, x, running);

    public static S Combine<S>(S left, S right) where S : unmanaged, ILane<S> => left + right;
}

/// <summary>The largest of x1, x2, ...</summary>
public readonly struct MaximumOf : IReduction
{
    public static float Identity => float.NegativeInfinity;

    public static S Accumulate<S>(S running, S x) where S : unmanaged, ILane<S> => S.Max(running, x);

    public static S Combine<S>(S left, S right) where S : unmanaged, ILane<S> => S.Max(left, right);
}
