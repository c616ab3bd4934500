namespace Graft.Tensors;

/// <summary>Draws examples class by class; which are drawn depends on the seed, the class and the example's position in it alone.</summary>
public static class StratifiedDraw
{
    /// <summary>The examples that are held out of training: a share of each class. Every class with two examples or more has at least one on each
    /// side; a class of one example trains.</summary>
    /// <param name="classes">Each example's class.</param>
    /// <param name="fraction">The share to hold out, in (0, 1).</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <returns>Their indices.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside (0, 1).</exception>
    public static IReadOnlySet<int> HeldOut(IReadOnlyList<int> classes, double fraction, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (!(fraction > 0 && fraction < 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "the share held out lies between 0 and 1");
        return Draw(classes, members => members == 1 ? 0 : Math.Clamp((int)Math.Round(members * fraction), 1, members - 1), seed);
    }

    /// <summary>As many examples of each class, or all where a class has fewer.</summary>
    /// <param name="classes">Each example's class.</param>
    /// <param name="count">How many of each class.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <returns>Their indices.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    public static IReadOnlySet<int> Each(IReadOnlyList<int> classes, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return Draw(classes, members => Math.Min(count, members), seed);
    }

    private static HashSet<int> Draw(IReadOnlyList<int> classes, Func<int, int> countOf, ulong seed)
    {
        var stream = new RandomStream(seed, "split");
        var drawn = new HashSet<int>();
        foreach (var members in Enumerable.Range(0, classes.Count).GroupBy(index => classes[index]))
        {
            int[] indices = [.. members];
            int[] order = stream.Permutation(indices.Length, (ulong)members.Key);
            foreach (int place in order.AsSpan(0, countOf(indices.Length))) drawn.Add(indices[place]);
        }
        return drawn;
    }
}
