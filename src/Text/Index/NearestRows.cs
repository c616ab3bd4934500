namespace Graft.Text;

/// <summary>The best of the rows seen so far, best first; of equals the first row.</summary>
/// <param name="most">How many are kept.</param>
internal sealed class NearestRows(int most)
{
    private readonly List<(double Score, int Row)> best = new(Math.Min(most, 1024));

    /// <summary>The score that a further row has to reach.</summary>
    public double Worst => best.Count < most ? double.NegativeInfinity : best[^1].Score;

    public IReadOnlyList<(double Score, int Row)> Rows => best;

    public void Offer(double score, int row)
    {
        if (best.Count == most && !IsBefore(score, row, best[^1])) return;
        int low = 0, high = best.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (IsBefore(score, row, best[middle])) high = middle;
            else low = middle + 1;
        }
        if (best.Count == most) best.RemoveAt(most - 1);
        best.Insert(low, (score, row));
    }

    private static bool IsBefore(double score, int row, (double Score, int Row) other) => score > other.Score || (score == other.Score && row < other.Row);
}
