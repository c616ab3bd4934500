namespace Graft.Text;

/// <summary>How two lists of numbers go together, from -1 to 1; not a number where one of them does not vary.</summary>
public static class Correlation
{
    /// <summary>Pearson's: of the numbers themselves.</summary>
    /// <param name="left">Numbers.</param>
    /// <param name="right">As many numbers.</param>
    /// <exception cref="ArgumentException">There are not as many on both sides.</exception>
    public static double Pearson(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        RequireAsMany(left.Length, right.Length);
        return Of(Doubles(left), Doubles(right));
    }

    /// <summary>Spearman's: of their ranks; equal numbers share the mean of theirs.</summary>
    /// <param name="left">Numbers.</param>
    /// <param name="right">As many numbers.</param>
    /// <exception cref="ArgumentException">There are not as many on both sides.</exception>
    public static double Spearman(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        RequireAsMany(left.Length, right.Length);
        return Of(Ranks(left), Ranks(right));
    }

    private static void RequireAsMany(int left, int right)
    {
        if (left != right) throw new ArgumentException($"{left} numbers do not pair with {right}");
    }

    private static double Of(double[] left, double[] right)
    {
        if (left.Length < 2) return double.NaN;
        double meanLeft = left.Average(), meanRight = right.Average(), products = 0, squaresLeft = 0, squaresRight = 0;
        for (int at = 0; at < left.Length; at++)
        {
            double one = left[at] - meanLeft, other = right[at] - meanRight;
            products += one * other;
            squaresLeft += one * one;
            squaresRight += other * other;
        }
        return Math.Clamp(products / (Math.Sqrt(squaresLeft) * Math.Sqrt(squaresRight)), -1, 1);
    }

    private static double[] Ranks(ReadOnlySpan<float> numbers)
    {
        float[] sorted = numbers.ToArray();
        var order = new int[sorted.Length];
        for (int at = 0; at < order.Length; at++) order[at] = at;
        Array.Sort(sorted, order);
        var ranks = new double[order.Length];
        for (int start = 0; start < sorted.Length;)
        {
            int end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start]) end++;
            for (int at = start; at < end; at++) ranks[order[at]] = (start + end + 1) / 2.0;
            start = end;
        }
        return ranks;
    }

    private static double[] Doubles(ReadOnlySpan<float> numbers)
    {
        var wide = new double[numbers.Length];
        for (int at = 0; at < wide.Length; at++) wide[at] = numbers[at];
        return wide;
    }
}
