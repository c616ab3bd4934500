namespace Graft.Tensors;

/// <summary>y = x^exponent (PyTorch's <c>pow</c> with a number as exponent). A negative x is NaN unless the exponent is whole.</summary>
/// <remarks>Exponents that are multiples of a half, up to 32 in size, are products and square roots; others are e^(exponent ln x),
/// whose relative error grows with the logarithm of y. The derivative exponent * x^(exponent - 1) is 0 for exponent 0.</remarks>
public readonly struct Power : IUnaryOp
{
    private const float MostHalves = 64f;

    private readonly float exponent;
    private readonly int halves;
    private readonly int isProduct;

    /// <summary>x^exponent.</summary>
    /// <param name="exponent">Any finite number.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public Power(float exponent)
    {
        if (!float.IsFinite(exponent)) throw new ArgumentOutOfRangeException(nameof(exponent), exponent, "power: the exponent has to be finite");
        this.exponent = exponent;
        bool isSimple = MathF.Abs(exponent) <= MostHalves / 2 && 2f * exponent == MathF.Round(2f * exponent);
        halves = isSimple ? (int)(2f * exponent) : 0;
        isProduct = isSimple ? 1 : 0;
    }

    /// <inheritdoc/>
    public static Saves Saves => Saves.Input;

    /// <inheritdoc/>
    public S Forward<S>(S x) where S : unmanaged, ILane<S> => isProduct != 0 ? OfHalves(x, halves) : S.Exp(S.Splat(exponent) * S.Log(x));

    /// <inheritdoc/>
    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        if (isProduct == 0) return S.Splat(exponent) * S.Exp(S.Splat(exponent - 1f) * S.Log(x));
        return halves == 0 ? S.Splat(0f) : S.Splat(exponent) * OfHalves(x, halves - 2);
    }

    private static S OfHalves<S>(S x, int halves) where S : unmanaged, ILane<S>
    {
        int magnitude = halves < 0 ? -halves : halves;
        var result = S.Splat(1f);
        if ((magnitude & 1) != 0) result = S.Sqrt(x);
        for (int rest = magnitude >> 1; rest > 0; rest >>= 1)
        {
            if ((rest & 1) != 0) result *= x;
            x *= x;
        }
        return halves < 0 ? S.Splat(1f) / result : result;
    }
}
