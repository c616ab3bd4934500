namespace Graft.Transfer;

/// <summary>How well features tell classes apart without anything being learnt: an example has the class of the known ones most like it (Wu et al. 2018, DINO's evaluation).</summary>
public static class NearestNeighbours
{
    /// <summary>The share of examples whose class is found by the cosine of features: each of the k nearest votes for its class by exp(cosine / 0.07).</summary>
    /// <param name="known">Features of examples with known classes: a row each.</param>
    /// <param name="labels">Their classes, from 0.</param>
    /// <param name="asked">Features of the others.</param>
    /// <param name="truth">Their classes.</param>
    /// <param name="neighbours">k; 20 is usual.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There are no examples, labels do not fit them, or k is below 1.</exception>
    public static double Accuracy(
        IReadOnlyList<float[]> known, IReadOnlyList<int> labels, IReadOnlyList<float[]> asked, IReadOnlyList<int> truth, int neighbours = 20, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        if (known.Count == 0 || known.Count != labels.Count || asked.Count == 0 || asked.Count != truth.Count)
            throw new ArgumentException($"{labels.Count} labels of {known.Count} examples and {truth.Count} of {asked.Count} asked about do not fit");
        if (labels.Min() < 0) throw new ArgumentException("classes are numbers from 0 up", nameof(labels));
        double[][] rows = [.. known.Select(Normalised)];
        int classes = labels.Max() + 1, right = 0;
        Parallel.For(0, asked.Count, new ParallelOptions { CancellationToken = cancellation }, example =>
        {
            double[] row = Normalised(asked[example]);
            var likeness = new double[rows.Length];
            for (int i = 0; i < rows.Length; i++) likeness[i] = Doubles.Dot(rows[i], row);
            int[] nearest = [.. Enumerable.Range(0, rows.Length)];
            Array.Sort([.. likeness.Select(static value => -value)], nearest);
            var votes = new double[classes];
            foreach (int neighbour in nearest.Take(neighbours)) votes[labels[neighbour]] += Math.Exp((likeness[neighbour] - 1) / Temperature);
            if (Array.IndexOf(votes, votes.Max()) == truth[example]) Interlocked.Increment(ref right);
        });
        return (double)right / asked.Count;
    }

    private const double Temperature = 0.07;

    private static double[] Normalised(float[] row)
    {
        double norm = Math.Sqrt(row.Sum(static value => (double)value * value));
        return [.. row.Select(value => norm == 0 ? 0 : value / norm)];
    }
}
