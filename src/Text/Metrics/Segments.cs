namespace Graft.Text;

/// <summary>Texts beside their references.</summary>
internal static class Segments
{
    /// <summary>A list of references for each text, one long.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Single(IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(references);
        return [.. references.Select(static reference => new[] { reference })];
    }

    /// <exception cref="ArgumentException">There is no text, or not as many on both sides.</exception>
    public static void Require<T>(IReadOnlyList<string> hypotheses, IReadOnlyList<T> references)
    {
        ArgumentNullException.ThrowIfNull(hypotheses);
        ArgumentNullException.ThrowIfNull(references);
        if (hypotheses.Count != references.Count) throw new ArgumentException($"{hypotheses.Count} hypotheses stand beside {references.Count} references");
        if (hypotheses.Count == 0) throw new ArgumentException("there is no hypothesis to score", nameof(hypotheses));
    }

    /// <summary>The references of each text that are not empty.</summary>
    /// <exception cref="ArgumentException">There is no text, not as many on both sides, or one whose references are all empty.</exception>
    public static IReadOnlyList<string>[] Filled(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        Require(hypotheses, references);
        var filled = new IReadOnlyList<string>[references.Count];
        for (int at = 0; at < filled.Length; at++)
        {
            filled[at] = [.. references[at].Where(static reference => !string.IsNullOrEmpty(reference))];
            if (filled[at].Count == 0) throw new ArgumentException($"hypothesis {at} has no reference that is not empty: leave it out", nameof(references));
        }
        return filled;
    }

    /// <summary>How many references the texts have, as signatures say it: <c>var</c> where they differ.</summary>
    public static string CountOf(IReadOnlyList<string>[] references) =>
        Array.TrueForAll(references, one => one.Count == references[0].Count) ? FormattableString.Invariant($"{references[0].Count}") : "var";
}
