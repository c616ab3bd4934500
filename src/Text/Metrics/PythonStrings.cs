using System.Text;

namespace Graft.Text;

/// <summary>What Python's <c>str</c> does, on which the published scripts stand: white space and lower case.</summary>
internal static class PythonStrings
{
    /// <summary>ASCII's punctuation, <c>string.punctuation</c>.</summary>
    public const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Python's white space: also the separators of ASCII.</summary>
    public static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\u001c' and <= '\u001f';

    /// <summary>The words between white space.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        for (int at = 0; at < text.Length;)
        {
            int start = at;
            while (at < text.Length && !IsSpace(text[at])) at++;
            if (at > start) words.Add(text[start..at]);
            while (at < text.Length && IsSpace(text[at])) at++;
        }
        return words;
    }

    /// <summary>The text without white space at its ends.</summary>
    public static ReadOnlySpan<char> Strip(string text)
    {
        int start = 0, end = text.Length;
        while (start < end && IsSpace(text[start])) start++;
        while (end > start && IsSpace(text[end - 1])) end--;
        return text.AsSpan(start, end - start);
    }

    /// <summary>The text without white space at its end.</summary>
    public static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) end--;
        return text[..end];
    }

    /// <summary>Lower case as Python makes it: two letters of Unicode become something else than a letter each.</summary>
    public static string Lower(string text)
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
