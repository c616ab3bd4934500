using System.Globalization;
using System.Text;

namespace Graft.Text;

/// <summary>How SQuAD compares an answer with the right one.</summary>
/// <remarks>Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text" (2016); the rules are those of the published evaluation scripts.</remarks>
public static class AnswerText
{
    /// <summary>An answer in lower case without ASCII's punctuation, without the words a, an and the, with one space between words.</summary>
    /// <param name="text">The answer.</param>
    public static string Normalise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Join(' ', Words(text));
    }

    /// <summary>Whether two answers are the same when normalised.</summary>
    /// <param name="predicted">The answer given.</param>
    /// <param name="expected">The right answer.</param>
    public static bool IsExactMatch(string predicted, string expected) => Normalise(predicted) == Normalise(expected);

    /// <summary>The harmonic mean of precision and recall over the words of two normalised answers.</summary>
    /// <param name="predicted">The answer given.</param>
    /// <param name="expected">The right answer.</param>
    /// <param name="emptyMatches">Whether two answers without words are alike, as SQuAD 2.0 counts; in 1.1 they share nothing.</param>
    /// <returns>From 0 to 1.</returns>
    public static double F1(string predicted, string expected, bool emptyMatches = true)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentNullException.ThrowIfNull(expected);
        List<string> given = Words(predicted), right = Words(expected);
        if (given.Count == 0 || right.Count == 0) return emptyMatches && given.Count == right.Count ? 1 : 0;
        var left = right.CountBy(static word => word).ToDictionary(StringComparer.Ordinal);
        int shared = 0;
        foreach (string word in given)
        {
            if (left.GetValueOrDefault(word) == 0) continue;
            left[word]--;
            shared++;
        }
        if (shared == 0) return 0;
        double precision = (double)shared / given.Count, recall = (double)shared / right.Count;
        return 2 * precision * recall / (precision + recall);
    }

    private static List<string> Words(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (char letter in PythonStrings.Lower(text))
            if (!PythonStrings.Punctuation.Contains(letter)) kept.Append(letter);
        return PythonStrings.Split(WithoutArticles(kept.ToString()));
    }

    /// <summary>Puts a space for each a, an and the that stands between letters and digits' ends.</summary>
    private static string WithoutArticles(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int start = at;
            while (at < text.Length && Rune.TryGetRuneAt(text, at, out var rune) && IsOfWord(rune)) at += rune.Utf16SequenceLength;
            var word = text.AsSpan(start, at - start);
            if (word is "a" or "an" or "the") kept.Append(' ');
            else kept.Append(word);
            if (at < text.Length) kept.Append(text[at++]);
        }
        return kept.ToString();
    }

    private static bool IsOfWord(Rune rune) => rune.Value == '_' || Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
