namespace Graft.Text;

/// <summary>chrF of a whole set of texts, from 0 to 100: the F-score over runs of letters, and with chrF++ of words.</summary>
/// <remarks>Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015) and "chrF++: words helping character n-grams" (2017), by the rule of
/// sacreBLEU 2: of several references of a text the one with the best score counts, and the runs of all texts are counted together.</remarks>
public sealed record ChrfScore
{
    private const double Epsilon = 1e-16;

    /// <summary>chrF, from 0 to 100.</summary>
    public required double Score { get; init; }

    /// <summary>As sacreBLEU calls it: <c>chrF2</c>, <c>chrF2++</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How it was counted, in sacreBLEU's words: <c>nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:graft</c>.</summary>
    public required string Signature { get; init; }

    /// <summary>Figures by name: <c>chrf</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures => [("chrf", Score)];

    /// <summary>Compares texts with a reference each.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">A reference for each text.</param>
    /// <param name="options">How; null for sacreBLEU's defaults.</param>
    /// <exception cref="ArgumentException">There is no text, not as many on both sides, or a reference is empty.</exception>
    public static ChrfScore Of(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references, ChrfOptions? options = null) =>
        Of(hypotheses, Segments.Single(references), options);

    /// <summary>Compares texts with several references each.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">The references of each text.</param>
    /// <param name="options">How; null for sacreBLEU's defaults.</param>
    /// <exception cref="ArgumentException">There is no text, not as many on both sides, or a text has no reference that is not empty.</exception>
    public static ChrfScore Of(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, ChrfOptions? options = null)
    {
        var filled = Segments.Filled(hypotheses, references);
        options ??= new ChrfOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.CharacterOrder);
        ArgumentOutOfRangeException.ThrowIfNegative(options.WordOrder);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Beta);
        var sum = new Matches[options.CharacterOrder + options.WordOrder];
        for (int at = 0; at < filled.Length; at++)
        {
            NgramTable letters = new(), words = new();
            var own = Runs(hypotheses[at]);
            Matches[] best = [];
            double bestScore = -1;
            foreach (string reference in filled[at])
            {
                var right = Runs(reference);
                var matches = new Matches[own.Length];
                for (int order = 0; order < own.Length; order++) matches[order] = Matches.Of(own[order], right[order]);
                double score = ScoreOf(matches, options);
                if (score > bestScore) (best, bestScore) = (matches, score);
            }
            for (int order = 0; order < sum.Length; order++) sum[order] += best[order];

            Dictionary<int, int>[] Runs(string text)
            {
                string line = options.LowerCase ? PythonStrings.Lower(text) : text;
                return [.. letters.Count(Letters(line, options.KeepWhiteSpace), options.CharacterOrder), .. words.Count(words.Words(Words(line)), options.WordOrder)];
            }
        }
        return new ChrfScore
        {
            Score = ScoreOf(sum, options),
            Name = FormattableString.Invariant($"chrF{options.Beta}{new string('+', options.WordOrder)}"),
            Signature = FormattableString.Invariant($"nrefs:{Segments.CountOf(filled)}|case:{(options.LowerCase ? "lc" : "mixed")}|eff:{(options.EpsilonSmoothing ? "no" : "yes")}")
                + FormattableString.Invariant($"|nc:{options.CharacterOrder}|nw:{options.WordOrder}|space:{(options.KeepWhiteSpace ? "yes" : "no")}|version:graft"),
        };
    }

    /// <summary>As sacreBLEU prints it: <c>chrF2 = 39.14</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name} = {Score:f2}");

    private static double ScoreOf(Matches[] matches, ChrfOptions options)
    {
        double factor = options.Beta * options.Beta, smoothed = 0, precisions = 0, recalls = 0;
        int orders = 0;
        foreach (var one in matches)
        {
            double precision = one.Given > 0 ? (double)one.Shared / one.Given : Epsilon, recall = one.Sought > 0 ? (double)one.Shared / one.Sought : Epsilon;
            double below = factor * precision + recall;
            smoothed += below > 0 ? (1 + factor) * precision * recall / below : Epsilon;
            if (one.Given == 0 || one.Sought == 0) continue;
            (precisions, recalls, orders) = (precisions + precision, recalls + recall, orders + 1);
        }
        if (options.EpsilonSmoothing) return 100 * smoothed / matches.Length;
        if (precisions + recalls == 0) return 0;
        (precisions, recalls) = (precisions / orders, recalls / orders);
        return 100 * ((1 + factor) * precisions * recalls / (factor * precisions + recalls));
    }

    private static int[] Letters(string line, bool keepWhiteSpace) =>
        [.. line.EnumerateRunes().Where(sign => keepWhiteSpace || !sign.IsBmp || !PythonStrings.IsSpace((char)sign.Value)).Select(static sign => sign.Value)];

    /// <summary>The words, a sign of punctuation at the end of one apart, else one at its beginning.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        foreach (string word in PythonStrings.Split(line))
        {
            if (word.Length > 1 && PythonStrings.Punctuation.Contains(word[^1])) words.AddRange([word[..^1], word[^1..]]);
            else if (word.Length > 1 && PythonStrings.Punctuation.Contains(word[0])) words.AddRange([word[..1], word[1..]]);
            else words.Add(word);
        }
        return words;
    }

    /// <summary>Runs of a length: how many the text has, how many the reference, and how many they share.</summary>
    private readonly record struct Matches(long Given, long Sought, long Shared)
    {
        // runs that the reference has none of do not count against the text
        public static Matches Of(Dictionary<int, int> own, Dictionary<int, int> right) =>
            new(right.Count == 0 ? 0 : own.Values.Sum(), right.Values.Sum(), NgramTable.Shared(own, right));

        public static Matches operator +(Matches left, Matches right) =>
            new(left.Given + right.Given, left.Sought + right.Sought, left.Shared + right.Shared);
    }
}
