using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Draws from Beta(alpha, alpha), each number from its position and step alone.</summary>
internal sealed class BetaDistribution(RandomStream stream)
{
    /// <summary>More tries than are ever needed: each succeeds with a probability above 1/2.</summary>
    private const int MostTries = 128;

    /// <summary>A number from 0 to 1.</summary>
    /// <param name="alpha">Above 0; large for numbers near 1/2, small for numbers near 0 and 1.</param>
    /// <param name="position">Which number.</param>
    /// <param name="step">Of which series.</param>
    public double Draw(double alpha, ulong position, ulong step)
    {
        for (ulong attempt = 0; attempt < MostTries; attempt++)
        {
            var (first, second, _, _) = stream.Bits(position * MostTries + attempt, step);
            if ((alpha <= 1 ? Small(alpha, Unit(first), Unit(second)) : Large(alpha, Unit(first), Unit(second))) is { } drawn) return drawn;
        }
        return 0.5;
    }

    /// <summary>Jöhnk (1964): u^(1/a) / (u^(1/a) + v^(1/a)), where the sum is at most 1.</summary>
    private static double? Small(double alpha, double u, double v)
    {
        double one = Math.Log(u) / alpha, other = Math.Log(v) / alpha, largest = Math.Max(one, other);
        double x = Math.Exp(one - largest), y = Math.Exp(other - largest);
        return Math.Exp(largest) * (x + y) <= 1 ? x / (x + y) : null;
    }

    /// <summary>Cheng (1978), algorithm BB for equal parameters.</summary>
    private static double? Large(double alpha, double u, double v)
    {
        double sum = 2 * alpha, root = Math.Sqrt((sum - 2) / (2 * alpha * alpha - sum)), slope = alpha + 1 / root;
        double odds = root * Math.Log(u / (1 - u)), w = alpha * Math.Exp(odds), z = u * u * v, r = slope * odds - Math.Log(4), s = alpha + r - w;
        bool isTaken = s + 1 + Math.Log(5) >= 5 * z || s >= Math.Log(z) || r + sum * Math.Log(sum / (alpha + w)) >= Math.Log(z);
        return isTaken ? w / (alpha + w) : null;
    }

    private static double Unit(uint bits) => (bits + 0.5) / 4294967296.0;
}
