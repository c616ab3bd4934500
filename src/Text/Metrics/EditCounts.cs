using System.Text;

namespace Graft.Text;

/// <summary>What has to be done to a reference to make a text of it: how word and character error rates are counted.</summary>
/// <param name="Hits">How many words (or characters) are right.</param>
/// <param name="Substitutions">How many stand for others.</param>
/// <param name="Deletions">How many of the reference are missing.</param>
/// <param name="Insertions">How many are too many.</param>
/// <remarks>The rule of JiWER 4: of alignments as short the one that RapidFuzz gives, which prefers to delete, then to insert, from the end; words are
/// what stands between spaces, characters are Unicode's code points, with the spaces between words.</remarks>
public readonly record struct EditCounts(int Hits, int Substitutions, int Deletions, int Insertions)
{
    /// <summary>How many edits there are.</summary>
    public int Errors => Substitutions + Deletions + Insertions;

    /// <summary>How many words (or characters) the references have.</summary>
    public int ReferenceLength => Hits + Substitutions + Deletions;

    /// <summary>How many words (or characters) the texts have.</summary>
    public int HypothesisLength => Hits + Substitutions + Insertions;

    /// <summary>Edits for each word of the references (WER), or character (CER); above 1 where there are more. Where the references are empty, the number of insertions.</summary>
    public double ErrorRate => (double)Errors / Math.Max(1, ReferenceLength);

    /// <summary>The share of the alignment that is wrong (MER).</summary>
    public double MatchErrorRate => (double)Errors / Math.Max(1, Errors + Hits);

    /// <summary>How much of what was said is left (WIP): 1 where both are empty.</summary>
    public double InformationPreserved => ReferenceLength == 0 || HypothesisLength == 0
        ? ReferenceLength == HypothesisLength ? 1 : 0
        : (double)Hits / ReferenceLength * ((double)Hits / HypothesisLength);

    /// <summary>How much of what was said is lost (WIL).</summary>
    public double InformationLost => 1 - InformationPreserved;

    /// <summary>Compares words of a text with those of its reference.</summary>
    /// <param name="hypothesis">The text.</param>
    /// <param name="reference">The reference.</param>
    public static EditCounts OfWords(string hypothesis, string reference)
    {
        ArgumentNullException.ThrowIfNull(hypothesis);
        ArgumentNullException.ThrowIfNull(reference);
        return Of<string>(Words(hypothesis), Words(reference));
    }

    /// <summary>Compares words of texts with those of their references; the sums.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">A reference for each text.</param>
    /// <exception cref="ArgumentException">There is no text, or not as many on both sides.</exception>
    public static EditCounts OfWords(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references) => Sum(hypotheses, references, OfWords);

    /// <summary>Compares characters of a text with those of its reference.</summary>
    /// <param name="hypothesis">The text.</param>
    /// <param name="reference">The reference.</param>
    public static EditCounts OfCharacters(string hypothesis, string reference)
    {
        ArgumentNullException.ThrowIfNull(hypothesis);
        ArgumentNullException.ThrowIfNull(reference);
        return Of<int>(Characters(hypothesis), Characters(reference));
    }

    /// <summary>Compares characters of texts with those of their references; the sums.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">A reference for each text.</param>
    /// <exception cref="ArgumentException">There is no text, or not as many on both sides.</exception>
    public static EditCounts OfCharacters(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references) => Sum(hypotheses, references, OfCharacters);

    /// <summary>Compares a row of anything with its reference.</summary>
    /// <param name="hypothesis">The row.</param>
    /// <param name="reference">The reference.</param>
    public static EditCounts Of<T>(ReadOnlySpan<T> hypothesis, ReadOnlySpan<T> reference)
        where T : IEquatable<T>
    {
        int alike = hypothesis.CommonPrefixLength(reference);
        hypothesis = hypothesis[alike..];
        reference = reference[alike..];
        int ending = 0;
        while (ending < hypothesis.Length && ending < reference.Length && hypothesis[^(ending + 1)].Equals(reference[^(ending + 1)])) ending++;
        return new EditCounts(alike + ending, 0, 0, 0) + EditTable.Count(hypothesis[..^ending], reference[..^ending]);
    }

    /// <summary>The sum of two comparisons.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static EditCounts operator +(EditCounts left, EditCounts right) => new(
        left.Hits + right.Hits, left.Substitutions + right.Substitutions, left.Deletions + right.Deletions, left.Insertions + right.Insertions);

    /// <summary>As the operator.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static EditCounts Add(EditCounts left, EditCounts right) => left + right;

    private static EditCounts Sum(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references, Func<string, string, EditCounts> compare)
    {
        Segments.Require(hypotheses, references);
        var sum = default(EditCounts);
        for (int at = 0; at < hypotheses.Count; at++) sum += compare(hypotheses[at], references[at]);
        return sum;
    }

    /// <summary>What stands between spaces, where white space of more than one sign is one space.</summary>
    private static string[] Words(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int start = at;
            while (at < text.Length && PythonStrings.IsSpace(text[at])) at++;
            if (at - start > 1) plain.Append(' ');
            else if (at - start == 1) plain.Append(text[start]);
            if (at < text.Length) plain.Append(text[at++]);
        }
        return PythonStrings.Strip(plain.ToString()).ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static int[] Characters(string text)
    {
        var characters = new List<int>(text.Length);
        foreach (var sign in PythonStrings.Strip(text).EnumerateRunes()) characters.Add(sign.Value);
        return [.. characters];
    }
}
