using System.Globalization;
using System.Text;

namespace Graft.Text;

/// <summary>How SQuAD compares an answer with the right one.</summary>
/// <remarks>Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text" (2016); the rules are those of the published evaluation scripts.</remarks>
public static class AnswerText
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

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
        foreach (char letter in Lower(text))
            if (!Punctuation.Contains(letter)) kept.Append(letter);
        string plain = WithoutArticles(kept.ToString());
        var words = new List<string>();
        for (int at = 0; at < plain.Length;)
        {
            int start = at;
            while (at < plain.Length && !IsSpace(plain[at])) at++;
            if (at > start) words.Add(plain[start..at]);
            while (at < plain.Length && IsSpace(plain[at])) at++;
        }
        return words;
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

    // Python's white space: also the separators of ASCII
    private static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\u001c' and <= '\u001f';

    /// <summary>Lower case as Python makes it: two letters of Unicode become something else than a letter each.</summary>
    private static string Lower(string text)
    {
        if (!text.AsSpan().ContainsAny('\u0130', '\u03a3')) return text.ToLowerInvariant();
        var lower = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            bool follows = at > 0 && char.IsLetter(text[at - 1]), goesOn = at + 1 < text.Length && char.IsLetter(text[at + 1]);
            if (text[at] == '\u0130') lower.Append("i\u0307");
            else if (text[at] == '\u03a3') lower.Append(follows && !goesOn ? '\u03c2' : '\u03c3');
            else lower.Append(text[at]);
        }
        return lower.ToString().ToLowerInvariant();
    }
}
