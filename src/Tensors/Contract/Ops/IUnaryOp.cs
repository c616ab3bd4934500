namespace Graft.Tensors;

/// <summary>What an op's derivative reads, and so what the tape keeps alive until backward.</summary>
[Flags]
public enum Saves
{
    /// <summary>Nothing: the derivative is a constant.</summary>
    Nothing = 0,

    /// <summary>The op's input (of a binary op: both).</summary>
    Input = 1,

    /// <summary>The op's output.</summary>
    Output = 2,
}

/// <summary>An elementwise function of one variable, written once: it runs on the CPU at every width and on the GPU, with
/// its gradient. Parameters are fields of the struct.</summary>
/// <example><code>
/// public readonly struct Softplus : IUnaryOp
/// {
///     public static Saves Saves =&gt; Saves.Input;
///     public S Forward&lt;S&gt;(S x) where S : unmanaged, ILane&lt;S&gt; =&gt;
///         S.WhereGreater(x, S.Splat(0), x, S.Splat(0)) + S.Log(S.Splat(1) + S.Exp(-S.Abs(x)));
///     public S Derivative&lt;S&gt;(S x, S y) where S : unmanaged, ILane&lt;S&gt; =&gt; S.Splat(1) / (S.Splat(1) + S.Exp(-x));
/// }
/// </code></example>
public interface IUnaryOp
{
    /// <summary>Which of input and output <see cref="Derivative"/> reads; the other comes in as zero.</summary>
    static abstract Saves Saves { get; }

    /// <summary>y = f(x).</summary>
    S Forward<S>(S x) where S : unmanaged, ILane<S>;

    /// <summary>dy/dx, from what <see cref="Saves"/> names.</summary>
    S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>;
}

/// <summary>An elementwise function of two variables; shapes broadcast as in NumPy.</summary>
public interface IBinaryOp
{
    /// <summary>Whether the derivatives read the inputs and the output; what is not named comes in as zero.</summary>
    static abstract Saves Saves { get; }

    /// <summary>y = f(a, b).</summary>
    S Forward<S>(S a, S b) where S : unmanaged, ILane<S>;

    /// <summary>The gradient of <paramref name="a"/>: dy * df/da.</summary>
    S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S>;

    /// <summary>The gradient of <paramref name="b"/>: dy * df/db.</summary>
    S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S>;
}
