namespace Graft.Onnx;

/// <summary>Functions that .NET's mathematics has not.</summary>
internal static class Distributions
{
    /// <summary>The error function: its series near 0, the continued fraction of what is left of 1 elsewhere.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        double magnitude = Math.Abs(x);
        if (magnitude > 6) return Math.Sign(x);
        if (magnitude < 2.5)
        {
            double term = x, sum = x;
            for (int n = 1; n < 100 && Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return sum * 2 / Math.Sqrt(Math.PI);
        }
        double fraction = 0;
        for (int n = 60; n > 0; n--) fraction = n / 2.0 / (magnitude + fraction);
        double rest = Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (magnitude + fraction);
        return Math.Sign(x) * (1 - rest);
    }
}
