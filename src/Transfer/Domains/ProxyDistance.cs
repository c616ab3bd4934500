namespace Graft.Transfer;

/// <summary>How far apart two domains are for a model: how well a linear classifier tells them apart by its features (the proxy A-distance; Ben-David et al. 2007).</summary>
public static class ProxyDistance
{
    /// <summary>2 (1 - 2 e), e the share that logistic regression gets wrong of examples it has not seen: 0 for domains that cannot be told apart, 2 for those that always
    /// can.</summary>
    /// <remarks>Of the larger domain as many examples count as the smaller one has, evenly spread, so that chance is a half.</remarks>
    /// <param name="source">A row of features an example.</param>
    /// <param name="target">Of the other domain.</param>
    /// <param name="seed">The seed of the folds.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">One has fewer than two examples, or the rows differ in width.</exception>
    public static double Of(IReadOnlyList<float[]> source, IReadOnlyList<float[]> target, ulong seed = 0, CancellationToken cancellation = default)
    {
        var (rows, labels) = Together(source, target);
        double accuracy = LinearProbe.CrossValidate(new FeatureMatrix(rows), labels, seed: seed, cancellation: cancellation).Accuracy;
        return Math.Max(0, 2 * (2 * accuracy - 1));
    }

    /// <summary>As many rows of both domains, and of which they are: 0 for the source.</summary>
    internal static (float[][] Rows, int[] Labels) Together(IReadOnlyList<float[]> source, IReadOnlyList<float[]> target)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        int count = Math.Min(source.Count, target.Count);
        if (count < 2) throw new ArgumentException($"a domain has {count} {(count == 1 ? "example" : "examples")}: two of each at least can be told apart");
        return ([.. Spread(source), .. Spread(target)], [.. Enumerable.Repeat(0, count), .. Enumerable.Repeat(1, count)]);

        IEnumerable<float[]> Spread(IReadOnlyList<float[]> rows) => Enumerable.Range(0, count).Select(i => rows[(int)((long)i * rows.Count / count)]);
    }
}
