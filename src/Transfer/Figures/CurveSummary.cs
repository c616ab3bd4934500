namespace Graft.Transfer;

/// <summary>A learning curve in a few numbers.</summary>
/// <param name="Best">The highest figure.</param>
/// <param name="BestEpoch">The epoch of it, from 1; the first where it came several times.</param>
/// <param name="Last">The figure after the last epoch.</param>
/// <param name="Mean">The mean over the epochs: the area below the curve.</param>
/// <param name="EpochsToNearBest">The first epoch, from 1, that had 95 % of the rise from the first figure to the best.</param>
public sealed record CurveSummary(double Best, int BestEpoch, double Last, double Mean, int EpochsToNearBest)
{
    private const double Near = 0.95;

    /// <summary>Of a figure after each epoch, where more is better.</summary>
    /// <param name="figures">One an epoch, one at least.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static CurveSummary Of(IReadOnlyList<double> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        if (figures.Count == 0) throw new ArgumentException("a curve has one figure at least", nameof(figures));
        double best = figures.Max(), near = figures[0] + Near * (best - figures[0]);
        int at = 0, first = 0;
        while (figures[at] < best) at++;
        while (figures[first] < near && first < at) first++;
        return new CurveSummary(best, at + 1, figures[^1], figures.Average(), first + 1);
    }
}
