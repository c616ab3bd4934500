namespace Graft.Tensors;

/// <summary>What a product does to each sum before it is written: it costs no further sweep over memory.</summary>
public interface IEpilogue
{
    /// <summary>Whether <see cref="Apply"/> reads a bias (one number an output column or channel).</summary>
    static abstract bool UsesBias { get; }

    /// <summary>Whether <see cref="Apply"/> reads a scale (one number an output column or channel): a batch norm's.</summary>
    static virtual bool UsesScale => false;

    /// <summary>Whether <see cref="Apply"/> reads a residual (one number an output element).</summary>
    static abstract bool UsesResidual { get; }

    /// <summary>The output, of the product's sum; what is not used comes in as zero.</summary>
    S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S>;
}

/// <summary>The sum as it is.</summary>
public readonly struct NoEpilogue : IEpilogue
{
    public static bool UsesBias => false;

    public static bool UsesResidual => false;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> => sum;
}

/// <summary>sum + bias.</summary>
public readonly struct AddBias : IEpilogue
{
    public static bool UsesBias => true;

    public static bool UsesResidual => false;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> => sum + bias;
}

/// <summary>sum + what was there before: accumulation into the output.</summary>
public readonly struct AddResidual : IEpilogue
{
    public static bool UsesBias => false;

    public static bool UsesResidual => true;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> => sum + residual;
}

/// <summary>Another epilogue of sum * scale: a product by whole numbers that share a scale a column.</summary>
public readonly struct Scaled<TEpilogue>(TEpilogue inner) : IEpilogue where TEpilogue : unmanaged, IEpilogue
{
    public static bool UsesBias => TEpilogue.UsesBias;

    public static bool UsesScale => true;

    public static bool UsesResidual => TEpilogue.UsesResidual;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> => inner.Apply(sum * scale, S.Splat(0f), bias, residual);
}

/// <summary>f(sum + bias) with an elementwise op f: bias and ReLU, bias and GELU.</summary>
public readonly struct BiasThen<TOp>(TOp op) : IEpilogue where TOp : unmanaged, IUnaryOp
{
    public static bool UsesBias => true;

    public static bool UsesResidual => false;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> => op.Forward(sum + bias);
}

/// <summary>f(sum + bias + residual) with an elementwise op f: the end of a residual block.</summary>
public readonly struct BiasResidualThen<TOp>(TOp op) : IEpilogue where TOp : unmanaged, IUnaryOp
{
    public static bool UsesBias => true;

    public static bool UsesResidual => true;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> => op.Forward(sum + bias + residual);
}

/// <summary>f(sum * scale + bias) with an elementwise op f: a batch norm of stored statistics, and what follows it.</summary>
public readonly struct ScaleBiasThen<TOp>(TOp op) : IEpilogue where TOp : unmanaged, IUnaryOp
{
    public static bool UsesBias => true;

    public static bool UsesScale => true;

    public static bool UsesResidual => false;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> => op.Forward(S.FusedMultiplyAdd(sum, scale, bias));
}

/// <summary>f(sum * scale + bias + residual) with an elementwise op f: the end of a residual block with a batch norm.</summary>
public readonly struct ScaleBiasResidualThen<TOp>(TOp op) : IEpilogue where TOp : unmanaged, IUnaryOp
{
    public static bool UsesBias => true;

    public static bool UsesScale => true;

    public static bool UsesResidual => true;

    public S Apply<S>(S sum, S scale, S bias, S residual) where S : unmanaged, ILane<S> =>
        op.Forward(S.FusedMultiplyAdd(sum, scale, bias) + residual);
}
