namespace Graft.Transfer;

/// <summary>How alike two representations of the same examples are, from 0 to 1: linear centred kernel alignment (Kornblith et al. 2019). It does not
/// change when either is rotated or scaled, so that layers of different widths and of different networks can be compared.</summary>
public static class CentredKernelAlignment
{
    /// <summary>|Y'X|^2 / (|X'X| |Y'Y|) in Frobenius norms, of X and Y with their columns centred.</summary>
    /// <param name="x">One representation: N rows [N, P], a row an example.</param>
    /// <param name="y">The other: N rows [N, Q] of the same examples in the same order.</param>
    /// <param name="examples">N, two at least.</param>
    /// <returns>The alignment; NaN where all rows of a side are the same.</returns>
    /// <exception cref="ArgumentException">The numbers are not N rows of one width.</exception>
    public static double Linear(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int examples)
    {
        Require(x, y, examples, least: 2);
        double[] k = Gram(x, examples), l = Gram(y, examples);
        Centre(k, examples);
        Centre(l, examples);
        return Product(k, l) / Math.Sqrt(Product(k, k) * Product(l, l));
    }

    /// <summary>The same of an unbiased estimate of the dependence (HSIC; Song et al. 2012), which few examples of wide representations do not raise. It may
    /// come out a little below 0.</summary>
    /// <param name="x">One representation: N rows [N, P], a row an example.</param>
    /// <param name="y">The other: N rows [N, Q] of the same examples in the same order.</param>
    /// <param name="examples">N, four at least.</param>
    /// <returns>The alignment; NaN where the estimate of a side is not above 0.</returns>
    /// <exception cref="ArgumentException">The numbers are not N rows of one width.</exception>
    public static double Unbiased(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int examples)
    {
        var (xy, xx, yy) = Dependence(x, y, examples);
        return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : double.NaN;
    }

    /// <summary>The unbiased estimates of the dependence of both sides, of the first on itself, of the second on itself.</summary>
    internal static (double Both, double First, double Second) Dependence(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int examples)
    {
        Require(x, y, examples, least: 4);
        double[] k = Gram(x, examples), l = Gram(y, examples);
        for (int i = 0; i < examples; i++) k[i * examples + i] = l[i * examples + i] = 0;
        return (Unbiased(k, l, examples), Unbiased(k, k, examples), Unbiased(l, l, examples));
    }

    private static double Unbiased(double[] k, double[] l, int n)
    {
        double sumOfK = 0, sumOfL = 0, across = 0;
        for (int i = 0; i < n; i++)
        {
            double rowOfK = 0, rowOfL = 0;
            for (int j = 0; j < n; j++)
            {
                rowOfK += k[i * n + j];
                rowOfL += l[i * n + j];
            }
            sumOfK += rowOfK;
            sumOfL += rowOfL;
            across += rowOfK * rowOfL;
        }
        return (Product(k, l) + sumOfK * sumOfL / ((n - 1.0) * (n - 2)) - 2 * across / (n - 2)) / (n * (n - 3.0));
    }

    /// <summary>The products of all rows with each other [N, N], of columns whose means are taken away, so that large means cost no precision.</summary>
    private static double[] Gram(ReadOnlySpan<float> rows, int n)
    {
        int width = rows.Length / n;
        var centred = new double[rows.Length];
        for (int column = 0; column < width; column++)
        {
            double mean = 0;
            for (int i = 0; i < n; i++) mean += rows[i * width + column];
            mean /= n;
            for (int i = 0; i < n; i++) centred[i * width + column] = rows[i * width + column] - mean;
        }
        var gram = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            var left = centred.AsSpan(i * width, width);
            for (int j = 0; j <= i; j++) gram[i * n + j] = gram[j * n + i] = Product(left, centred.AsSpan(j * width, width));
        }
        return gram;
    }

    private static void Centre(double[] gram, int n)
    {
        var means = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) means[i] += gram[i * n + j];
            means[i] /= n;
        }
        double mean = means.Sum() / n;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) gram[i * n + j] += mean - means[i] - means[j];
    }

    private static double Product(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static void Require(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int examples, int least)
    {
        if (examples < least) throw new ArgumentException($"{examples} examples are too few to compare representations by: {least} at least are needed", nameof(examples));
        if (x.Length == 0 || x.Length % examples != 0) throw new ArgumentException($"{x.Length} numbers are not {examples} rows of one width", nameof(x));
        if (y.Length == 0 || y.Length % examples != 0) throw new ArgumentException($"{y.Length} numbers are not {examples} rows of one width", nameof(y));
    }
}
