using Xunit;

namespace Graft.Testing;

/// <summary>Comparisons that say where, by how much and what was allowed.</summary>
internal static class Check
{
    /// <summary>Half a unit in the last place of single precision at 1: the largest relative error of one rounding.</summary>
    public const double Unit = 1.0 / (1 << 24);

    /// <summary>Results below this are denormal or nearly so: an absolute error as small passes.</summary>
    private const double Tiny = 2e-38;

    /// <summary>The tolerance of a sum of that many terms, relative to the sum of their magnitudes: roundings add up like a
    /// random walk, and the sums of this house keep sixteen of them apart.</summary>
    public static double SumTolerance(long terms) => Unit * (6 + Math.Sqrt(terms));

    /// <summary>|actual - expected| is at most tolerance * magnitude, place by place.</summary>
    /// <param name="what">What is compared, for the message.</param>
    /// <param name="actual">The device's numbers.</param>
    /// <param name="expected">The reference's numbers.</param>
    /// <param name="magnitude">The size of the terms behind each number: what a rounding error is relative to.</param>
    /// <param name="tolerance">The largest error allowed, as a part of the magnitude.</param>
    public static void Close(
        string what, ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, ReadOnlySpan<double> magnitude, double tolerance)
    {
        Assert.True(actual.Length == expected.Length, $"{what}: {actual.Length} numbers, not {expected.Length}");
        int bad = 0, worst = -1;
        double worstRatio = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double ratio = Excess(actual[i], expected[i], tolerance * Math.Abs(magnitude[i]) + Tiny);
            if (ratio <= 1) continue;
            bad++;
            if (ratio > worstRatio) (worst, worstRatio) = (i, ratio);
        }
        if (bad > 0)
        {
            Assert.Fail(
                $"{what}: {bad} of {actual.Length} numbers are off; the worst is number {worst}: {actual[worst]:R} instead of " +
                $"{expected[worst]:R}, {worstRatio:G3} times the error allowed ({tolerance:G3} of {magnitude[worst]:G4})");
        }
    }

    /// <summary>As the other, relative to the expected number itself.</summary>
    public static void Close(string what, ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, double tolerance) =>
        Close(what, actual, expected, expected, tolerance);

    /// <summary>Both hold the same bits.</summary>
    public static void SameBits(string what, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.True(actual.Length == expected.Length, $"{what}: {actual.Length} numbers, not {expected.Length}");
        for (int i = 0; i < actual.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(actual[i]) != BitConverter.SingleToInt32Bits(expected[i]))
                Assert.Fail($"{what}: number {i} is {actual[i]:R}, not exactly {expected[i]:R}");
        }
    }

    private static double Excess(double actual, double expected, double allowed)
    {
        if (double.IsNaN(expected)) return double.IsNaN(actual) ? 0 : double.PositiveInfinity;
        if (double.IsInfinity(expected) || Math.Abs(expected) > float.MaxValue)
            return double.IsInfinity(actual) && Math.Sign(actual) == Math.Sign(expected) ? 0 : double.PositiveInfinity;
        double error = Math.Abs(actual - expected) / allowed;
        return double.IsNaN(error) ? double.PositiveInfinity : error;
    }
}
