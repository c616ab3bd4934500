using System.Text;

namespace Graft.Text;

/// <summary>How much of a text is of its reference and of the reference in the text, from 0 to 1.</summary>
/// <param name="Precision">The share of the text that is of the reference.</param>
/// <param name="Recall">The share of the reference that is in the text.</param>
/// <param name="F1">Their harmonic mean; 0 where both are 0.</param>
public readonly record struct RougeScore(double Precision, double Recall, double F1)
{
    internal static RougeScore Of(double shared, double given, double sought)
    {
        double precision = shared / Math.Max(given, 1), recall = shared / Math.Max(sought, 1);
        return new RougeScore(precision, recall, precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0);
    }

    internal static RougeScore Mean(IEnumerable<RougeScore> scores)
    {
        var all = scores.ToList();
        return new RougeScore(all.Average(static one => one.Precision), all.Average(static one => one.Recall), all.Average(static one => one.F1));
    }
}

/// <summary>ROUGE: what summaries share with their references.</summary>
/// <remarks>Lin, "ROUGE: a package for automatic evaluation of summaries" (2004), by the rule of rouge-score 0.1.2: words are runs of a to z and digits in
/// lower case, and of several references that with the best F1 counts, for each figure on its own. Means are plain ones, without its bootstrap.</remarks>
public sealed record RougeScores
{
    /// <summary>Over words.</summary>
    public required RougeScore Rouge1 { get; init; }

    /// <summary>Over pairs of words.</summary>
    public required RougeScore Rouge2 { get; init; }

    /// <summary>Over the longest common subsequence of words.</summary>
    public required RougeScore RougeL { get; init; }

    /// <summary>Over the longest common subsequences of sentences, which stand on lines of their own.</summary>
    public required RougeScore RougeLSum { get; init; }

    /// <summary>F1 by name: <c>rouge1</c>, <c>rouge2</c>, <c>rougeL</c>, <c>rougeLsum</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures =>
        [("rouge1", Rouge1.F1), ("rouge2", Rouge2.F1), ("rougeL", RougeL.F1), ("rougeLsum", RougeLSum.F1)];

    /// <summary>Compares a text with its reference.</summary>
    /// <param name="hypothesis">The text.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="useStemmer">Whether words of more than three letters are compared by their stems (Porter's).</param>
    public static RougeScores Of(string hypothesis, string reference, bool useStemmer = false)
    {
        ArgumentNullException.ThrowIfNull(hypothesis);
        ArgumentNullException.ThrowIfNull(reference);
        var table = new NgramTable();
        int[] given = Words(hypothesis), sought = Words(reference);
        Dictionary<int, int>[] own = table.Count(given, 2), right = table.Count(sought, 2);
        return new RougeScores
        {
            Rouge1 = Runs(0),
            Rouge2 = Runs(1),
            RougeL = RougeScore.Of(CommonSubsequence.Length(sought, given), given.Length, sought.Length),
            RougeLSum = OfSentences(Sentences(hypothesis), Sentences(reference)),
        };

        int[] Words(string text) => table.Words(RougeWords(text, useStemmer));
        int[][] Sentences(string text) => [.. text.Split('\n').Where(static line => line.Length > 0).Select(Words)];
        RougeScore Runs(int order) =>
            RougeScore.Of(NgramTable.Shared(own[order], right[order]), Math.Max(0, given.Length - order), Math.Max(0, sought.Length - order));
    }

    /// <summary>Compares texts with a reference each; the means.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">A reference for each text.</param>
    /// <param name="useStemmer">Whether words of more than three letters are compared by their stems (Porter's).</param>
    /// <exception cref="ArgumentException">There is no text, or not as many on both sides.</exception>
    public static RougeScores Of(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references, bool useStemmer = false) =>
        Of(hypotheses, Segments.Single(references), useStemmer);

    /// <summary>Compares texts with several references each; the means.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">The references of each text.</param>
    /// <param name="useStemmer">Whether words of more than three letters are compared by their stems (Porter's).</param>
    /// <exception cref="ArgumentException">There is no text, not as many on both sides, or a text has no reference.</exception>
    public static RougeScores Of(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, bool useStemmer = false)
    {
        Segments.Require(hypotheses, references);
        var scores = new List<RougeScores>();
        for (int at = 0; at < hypotheses.Count; at++)
        {
            if (references[at].Count == 0) throw new ArgumentException($"hypothesis {at} has no reference", nameof(references));
            var each = references[at].Select(reference => Of(hypotheses[at], reference, useStemmer)).ToList();
            scores.Add(Joined(each, static all => all.MaxBy(static one => one.F1)));
        }
        return Joined(scores, RougeScore.Mean);
    }

    private static RougeScores Joined(List<RougeScores> scores, Func<IEnumerable<RougeScore>, RougeScore> join) => new()
    {
        Rouge1 = join(scores.Select(static one => one.Rouge1)),
        Rouge2 = join(scores.Select(static one => one.Rouge2)),
        RougeL = join(scores.Select(static one => one.RougeL)),
        RougeLSum = join(scores.Select(static one => one.RougeLSum)),
    };

    /// <summary>Section 3.2 of the paper, each word counted no more often than it is on either side, as ROUGE 1.5.5 does.</summary>
    private static RougeScore OfSentences(int[][] given, int[][] sought)
    {
        var left = given.SelectMany(static sentence => sentence).CountBy(static word => word).ToDictionary();
        var right = sought.SelectMany(static sentence => sentence).CountBy(static word => word).ToDictionary();
        int shared = 0;
        foreach (int[] sentence in sought)
        {
            bool[] isCommon = new bool[sentence.Length];
            foreach (int[] other in given) CommonSubsequence.Mark(sentence, other, isCommon);
            for (int at = 0; at < sentence.Length; at++)
            {
                int word = sentence[at];
                if (!isCommon[at] || left.GetValueOrDefault(word) == 0 || right[word] == 0) continue;
                (left[word], right[word], shared) = (left[word] - 1, right[word] - 1, shared + 1);
            }
        }
        return RougeScore.Of(shared, given.Sum(static sentence => sentence.Length), sought.Sum(static sentence => sentence.Length));
    }

    private static List<string> RougeWords(string text, bool useStemmer)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (char letter in PythonStrings.Lower(text).Append(' '))
        {
            if (char.IsAsciiLetterOrDigit(letter)) word.Append(letter);
            else if (word.Length > 0)
            {
                words.Add(useStemmer && word.Length > 3 ? PorterStemmer.Stem(word.ToString()) : word.ToString());
                word.Clear();
            }
        }
        return words;
    }
}
