namespace Graft.Transfer;

/// <summary>Student's distribution, by which a mean of few numbers is judged.</summary>
internal static class StudentT
{
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
        9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>The t beyond which, on both sides together, lies 1 - level (SciPy's <c>t.ppf((1 + level) / 2, degrees)</c>).</summary>
    /// <param name="level">In (0, 1).</param>
    /// <param name="degrees">The degrees of freedom; infinity for the normal distribution.</param>
    public static double Critical(double level, double degrees)
    {
        double low = 0, high = 1;
        while (Within(high, degrees) < level) high *= 2;
        for (int i = 0; i < 200 && high - low > 1e-14 * high; i++)
        {
            double middle = (low + high) / 2;
            if (Within(middle, degrees) < level) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>The share between -t and t.</summary>
    private static double Within(double t, double degrees) =>
        double.IsInfinity(degrees) ? RegularisedGamma(0.5, t * t / 2) : 1 - RegularisedBeta(degrees / (degrees + t * t), degrees / 2, 0.5);

    private static double LogGamma(double x)
    {
        if (x < 0.5) return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        double sum = Lanczos[0], t = x + 6.5;
        for (int i = 1; i < Lanczos.Length; i++) sum += Lanczos[i] / (x - 1 + i);
        return 0.5 * Math.Log(2 * Math.PI) + (x - 0.5) * Math.Log(t) - t + Math.Log(sum);
    }

    /// <summary>I_x(a, b) by its continued fraction (Lentz's method).</summary>
    private static double RegularisedBeta(double x, double a, double b)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        if (x > (a + 1) / (a + b + 2)) return 1 - RegularisedBeta(1 - x, b, a);
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x)) / a;
        double f = 1, c = 1, d = 0;
        for (int i = 0; i <= 500; i++)
        {
            int m = i / 2;
            double term = i == 0 ? 1 : i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)) : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / Sure(1 + term * d);
            c = Sure(1 + term / c);
            f *= c * d;
            if (Math.Abs(1 - c * d) < 1e-15) break;
        }
        return front * (f - 1);
    }

    /// <summary>P(a, x) by its series.</summary>
    private static double RegularisedGamma(double a, double x)
    {
        double term = 1 / a, sum = term;
        for (int n = 1; n < 1000 && term > sum * 1e-17; n++)
        {
            term *= x / (a + n);
            sum += term;
        }
        return sum * Math.Exp(-x + a * Math.Log(x) - LogGamma(a));
    }

    private static double Sure(double value) => Math.Abs(value) < 1e-300 ? 1e-300 : value;
}
