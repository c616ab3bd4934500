namespace Graft.Testing;

/// <summary>Functions in double precision that the base class library lacks.</summary>
internal static class SpecialFunctions
{
    /// <summary>The error function to about 1e-15: 2 / sqrt(pi) * e^(-x^2) * sum of 2^n x^(2n + 1) / (2n + 1)!!, whose terms
    /// all have the sign of x, so that nothing cancels.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        if (Math.Abs(x) > 6) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
