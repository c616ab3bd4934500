using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>The functions of a single-precision lane, each a polynomial written once for every width and device.</summary>
/// <remarks>Coefficients: weighted minimax fits in double precision (Lawson's iteration on Chebyshev nodes), rounded to
/// single. Relative errors of the fits are below 5e-9, so what is left is the rounding of the evaluation.</remarks>
public static class LaneMath
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>e^x = 2^n * e^r with r in [-ln 2 / 2, ln 2 / 2]; 2^n in two factors, so that results down to the
    /// denormals and up to infinity come out.</summary>
    [MethodImpl(Inline)]
    public static S Exp<S>(S x) where S : unmanaged, IBitLane<S>
    {
        x = S.Max(S.Splat(-104f), S.Min(S.Splat(89f), x));
        var n = RoundToInteger(x * S.Splat(1.44269504f));
        var r = S.FusedMultiplyAdd(n, S.Splat(-0.693145752f), x);
        r = S.FusedMultiplyAdd(n, S.Splat(-1.42860677e-6f), r);
        var p = S.Splat(0.00138145383f);
        p = S.FusedMultiplyAdd(p, r, S.Splat(0.00836874545f));
        p = S.FusedMultiplyAdd(p, r, S.Splat(0.041668389f));
        p = S.FusedMultiplyAdd(p, r, S.Splat(0.166665211f));
        p = S.FusedMultiplyAdd(p, r, S.Splat(0.49999994f));
        p = S.FusedMultiplyAdd(p, r * r, r) + S.Splat(1f);
        var half = RoundToInteger(n * S.Splat(0.5f));
        return p * S.PowerOfTwo(half) * S.PowerOfTwo(n - half);
    }

    /// <summary>ln x = n ln 2 + ln m with m in [0.75, 1.5). Below the smallest normal number the argument is scaled up.</summary>
    [MethodImpl(Inline)]
    public static S Log<S>(S x) where S : unmanaged, IBitLane<S>
    {
        var tiny = S.Splat(1.17549435e-38f);
        var scaled = S.WhereGreater(tiny, x, x * S.Splat(8388608f), x);
        var n = S.Exponent(scaled) - S.WhereGreater(tiny, x, S.Splat(23f), S.Splat(0f));
        var f = S.Mantissa(scaled) - S.Splat(1f);
        var p = S.Splat(-0.0450744666f);
        p = S.FusedMultiplyAdd(p, f, S.Splat(0.104629956f));
        p = S.FusedMultiplyAdd(p, f, S.Splat(-0.131611958f));
        p = S.FusedMultiplyAdd(p, f, S.Splat(0.144784003f));
        p = S.FusedMultiplyAdd(p, f, S.Splat(-0.16647312f));
        p = S.FusedMultiplyAdd(p, f, S.Splat(0.199908614f));
        p = S.FusedMultiplyAdd(p, f, S.Splat(-0.250000954f));
        p = S.FusedMultiplyAdd(p, f, S.Splat(0.333334506f));
        var square = f * f;
        p = S.FusedMultiplyAdd(p, f * square, square * S.Splat(-0.5f));
        p = S.FusedMultiplyAdd(n, S.Splat(1.42860677e-6f), p) + f;
        p = S.FusedMultiplyAdd(n, S.Splat(0.693145752f), p);

        // zero, negative numbers, infinity and NaN
        var infinity = S.Splat(float.PositiveInfinity);
        p = S.WhereGreater(infinity, x, p, x);
        p = S.WhereGreater(x, S.Splat(0f), p, S.WhereGreater(S.Splat(0f), x, S.Splat(float.NaN), x - infinity));
        return p;
    }

    /// <summary>tanh x: an odd polynomial near zero, 1 - 2 / (e^2|x| + 1) with the sign of x elsewhere.</summary>
    [MethodImpl(Inline)]
    public static S Tanh<S>(S x) where S : unmanaged, IBitLane<S>
    {
        var z = x * x;
        var p = S.Splat(0.00214295881f);
        p = S.FusedMultiplyAdd(p, z, S.Splat(-0.00817739498f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(0.0217007007f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(-0.0539467633f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(0.133332059f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(-0.333333313f));
        var near = S.FusedMultiplyAdd(p * z, x, x);

        var magnitude = S.Abs(x);
        var far = S.Splat(1f) - S.Splat(2f) / (Exp(magnitude + magnitude) + S.Splat(1f));
        far = S.WhereGreater(S.Splat(0f), x, -far, far);
        return S.WhereGreater(magnitude, S.Splat(0.625f), far, near);
    }

    /// <summary>erf x: an odd polynomial below 0.875, 1 - e^q(|x|) with the sign of x elsewhere; exactly 1 beyond 4.</summary>
    [MethodImpl(Inline)]
    public static S Erf<S>(S x) where S : unmanaged, IBitLane<S>
    {
        var z = x * x;
        var p = S.Splat(8.67538984e-05f);
        p = S.FusedMultiplyAdd(p, z, S.Splat(-0.000821110327f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(0.00520674745f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(-0.0268615838f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(0.11283733f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(-0.376126349f));
        p = S.FusedMultiplyAdd(p, z, S.Splat(0.128379166f));
        var near = S.FusedMultiplyAdd(p, x, x);

        var magnitude = S.Abs(x);
        var bounded = S.Min(S.Splat(4f), magnitude);
        var q = S.Splat(-2.05542947e-05f);
        q = S.FusedMultiplyAdd(q, bounded, S.Splat(0.000428228581f));
        q = S.FusedMultiplyAdd(q, bounded, S.Splat(-0.0041409689f));
        q = S.FusedMultiplyAdd(q, bounded, S.Splat(0.0250405408f));
        q = S.FusedMultiplyAdd(q, bounded, S.Splat(-0.10815876f));
        q = S.FusedMultiplyAdd(q, bounded, S.Splat(-0.633456469f));
        q = S.FusedMultiplyAdd(q, bounded, S.Splat(-1.12946117f));
        q = S.FusedMultiplyAdd(q, bounded, S.Splat(0.000163587654f));
        var far = S.Splat(1f) - Exp(q);
        far = S.WhereGreater(S.Splat(0f), x, -far, far);
        return S.WhereGreater(magnitude, S.Splat(0.875f), far, near);
    }

    /// <summary>The nearest integer, ties to even, of a value below 2^22: the sum's last bit is the unit.</summary>
    [MethodImpl(Inline)]
    private static S RoundToInteger<S>(S value) where S : unmanaged, IBitLane<S> =>
        value + S.Splat(FloatBits.IntegerShift) - S.Splat(FloatBits.IntegerShift);
}
