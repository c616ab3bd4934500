using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <summary>left * right + addend, rounded once, where neither the machine nor the build has an instruction for it: the same bits
/// as the instruction's, for every number.</summary>
/// <remarks>Two floats' product is exact in double precision, so the sum alone is rounded, to 53 bits, and then once more to a
/// float. The second rounding can go wrong only where the first ended half-way between two floats; there the first is made anew,
/// to odd: whoever is inexact gets an odd last bit and lies on its own side of the half-way point (Boldo and Melquiond 2008).</remarks>
internal static class EmulatedFma
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The bits of a double below a float's last, and what they are half-way between two normal floats.</summary>
    public const int BitsBelow = 0x1FFFFFFF, HalfWay = 0x10000000;

    /// <summary>The upper half of a double's bits at the smallest normal float.</summary>
    public const int UpperOfNormal = (1023 - 126) << 20;

    /// <summary>Whether there is no instruction: known when code is compiled, but in a build ahead of time that requires AVX alone.</summary>
    public static bool IsNeeded
    {
        [MethodImpl(Inline)]
        get => !Fma.IsSupported && !AdvSimd.IsSupported;
    }

    /// <summary>Of one number.</summary>
    [MethodImpl(Inline)]
    public static float MultiplyAdd(float left, float right, float addend)
    {
        double product = (double)left * right;
        double sum = product + addend;
        long bits = BitConverter.DoubleToInt64Bits(sum);
        int upper = (int)(bits >> 32) & int.MaxValue;
        // a float below the normal ones has half-way points elsewhere; zero is exact
        if (((int)bits & BitsBelow) == HalfWay || (uint)(upper - 1) < UpperOfNormal - 1) sum = RoundToOdd(product, addend, sum);
        return (float)sum;
    }

    /// <summary>Of four numbers.</summary>
    [MethodImpl(Inline)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend)
    {
        if (Avx.IsSupported)
        {
            var wide = Avx.ConvertToVector256Double(addend);
            var product = Avx.Multiply(Avx.ConvertToVector256Double(left), Avx.ConvertToVector256Double(right));
            var sum = Avx.Add(product, wide);
            if (MayRoundTwice(sum.GetLower(), sum.GetUpper()))
            {
                sum = Vector256.Create(
                    RoundToOdd(product.GetLower(), wide.GetLower(), sum.GetLower()),
                    RoundToOdd(product.GetUpper(), wide.GetUpper(), sum.GetUpper()));
            }
            return Avx.ConvertToVector128Single(sum);
        }

        var (addendLower, addendUpper) = Vector128.Widen(addend);
        var productLower = Vector128.WidenLower(left) * Vector128.WidenLower(right);
        var productUpper = Vector128.WidenUpper(left) * Vector128.WidenUpper(right);
        var sumLower = productLower + addendLower;
        var sumUpper = productUpper + addendUpper;
        if (MayRoundTwice(sumLower, sumUpper))
        {
            sumLower = RoundToOdd(productLower, addendLower, sumLower);
            sumUpper = RoundToOdd(productUpper, addendUpper, sumUpper);
        }
        return Vector128.Narrow(sumLower, sumUpper);
    }

    /// <summary>Whether a number of either lies half-way between two floats or below the normal ones, where half-way points are
    /// other bits.</summary>
    [MethodImpl(Inline)]
    private static bool MayRoundTwice(Vector128<double> lower, Vector128<double> upper)
    {
        var (low, high) = Halves(lower, upper);
        var halfWay = Vector128.Equals(low & Vector128.Create(BitsBelow), Vector128.Create(HalfWay));
        // from 1 up to the normal numbers as one signed comparison: what is moved past the top is negative, zero is not
        var moved = (high & Vector128.Create(int.MaxValue)) + Vector128.Create(int.MaxValue);
        var small = Vector128.LessThan(moved, Vector128.Create(int.MinValue + (UpperOfNormal - 1)));
        return (halfWay | small).ExtractMostSignificantBits() != 0;
    }

    /// <summary>The lower halves of four doubles' bits, and the upper halves.</summary>
    [MethodImpl(Inline)]
    public static (Vector128<int> Low, Vector128<int> High) Halves(Vector128<double> lower, Vector128<double> upper) => Sse.IsSupported
        ? (Sse.Shuffle(lower.AsSingle(), upper.AsSingle(), 0b10_00_10_00).AsInt32(), Sse.Shuffle(lower.AsSingle(), upper.AsSingle(), 0b11_01_11_01).AsInt32())
        : (Vector128.Narrow(lower.AsInt64(), upper.AsInt64()), Vector128.Narrow(lower.AsInt64() >> 32, upper.AsInt64() >> 32));

    /// <summary>The sum of both, of which <paramref name="sum"/> is the nearest double, rounded to odd: what is between two doubles
    /// becomes the one whose last bit is set.</summary>
    private static double RoundToOdd(double product, double addend, double sum)
    {
        double part = sum - product;
        double error = product - (sum - part) + (addend - part);
        // the error's sense, away from zero or towards it; NaN where the sum is no finite number, which stays as it is
        double sense = error * sum;
        long bits = BitConverter.DoubleToInt64Bits(sum);
        if (sense < 0) bits = (bits - 1) | 1;
        else if (sense > 0) bits |= 1;
        return BitConverter.Int64BitsToDouble(bits);
    }

    /// <summary>Of two numbers.</summary>
    [MethodImpl(Inline)]
    public static Vector128<double> RoundToOdd(Vector128<double> product, Vector128<double> addend, Vector128<double> sum)
    {
        var part = sum - product;
        var error = product - (sum - part) + (addend - part);
        var sense = error * sum;
        var towardsZero = Vector128.LessThan(sense, Vector128<double>.Zero).AsInt64();
        var inexact = towardsZero | Vector128.GreaterThan(sense, Vector128<double>.Zero).AsInt64();
        return ((sum.AsInt64() + towardsZero) | (inexact & Vector128<long>.One)).AsDouble();
    }
}
