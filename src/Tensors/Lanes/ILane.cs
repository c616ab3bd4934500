namespace Graft.Tensors;

/// <summary>The numbers that a formula is written over: a formula names <typeparamref name="TSelf"/> and nothing else, and
/// becomes scalar code, SIMD code of any width, GPU code and a double-precision check by the type put in.</summary>
/// <typeparam name="TSelf">The lane itself.</typeparam>
/// <remarks>A comparison with NaN is false. The functions are Graft's own polynomials on every device, so that widths and
/// devices agree; their largest relative error is a few units of the last place.</remarks>
public interface ILane<TSelf> where TSelf : unmanaged, ILane<TSelf>
{
    /// <summary>The same number in every element.</summary>
    static abstract TSelf Splat(float value);

    /// <summary>left + right.</summary>
    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>left - right.</summary>
    static abstract TSelf operator -(TSelf left, TSelf right);

    /// <summary>left * right.</summary>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>left / right.</summary>
    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>-value.</summary>
    static abstract TSelf operator -(TSelf value);

    /// <summary>left * right + addend, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>left &gt; right ? whenTrue : whenFalse, element by element.</summary>
    static abstract TSelf WhereGreater(TSelf left, TSelf right, TSelf whenTrue, TSelf whenFalse);

    /// <summary>|value|.</summary>
    static abstract TSelf Abs(TSelf value);

    /// <summary>The square root.</summary>
    static abstract TSelf Sqrt(TSelf value);

    /// <summary>e to the power of <paramref name="value"/>.</summary>
    static abstract TSelf Exp(TSelf value);

    /// <summary>The natural logarithm.</summary>
    static abstract TSelf Log(TSelf value);

    /// <summary>The hyperbolic tangent.</summary>
    static abstract TSelf Tanh(TSelf value);

    /// <summary>The error function.</summary>
    static abstract TSelf Erf(TSelf value);

    /// <summary>The larger: left &gt; right ? left : right, so a NaN on the right stays.</summary>
    static virtual TSelf Max(TSelf left, TSelf right) => TSelf.WhereGreater(left, right, left, right);

    /// <summary>The smaller: right &gt; left ? left : right, so a NaN on the right stays.</summary>
    static virtual TSelf Min(TSelf left, TSelf right) => TSelf.WhereGreater(right, left, left, right);
}
