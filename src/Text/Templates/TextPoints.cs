using System.Text;

namespace Graft.Text.Templates;

/// <summary>Texts as Python counts them, by code points.</summary>
internal static class TextPoints
{
    public static int Count(string text)
    {
        int count = text.Length;
        for (int at = 1; at < text.Length; at++)
            if (char.IsSurrogatePair(text[at - 1], text[at])) count--;
        return count;
    }

    public static IEnumerable<string> Letters(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
            yield return text.Substring(at, length);
            at += length;
        }
    }

    /// <summary>Upper case as Python makes it of the letters that become two.</summary>
    public static string Upper(string text) => text.ToUpperInvariant().Replace("ß", "SS", StringComparison.Ordinal);

    /// <summary>The first letter in upper case, the others in lower.</summary>
    public static string Capital(string text)
    {
        if (text.Length == 0) return text;
        int first = text.Length > 1 && char.IsSurrogatePair(text[0], text[1]) ? 2 : 1;
        string letter = text[..first];
        return (letter == "ß" ? "Ss" : letter.ToUpperInvariant()) + PythonStrings.Lower(text[first..]);
    }

    /// <summary>The lines of a text, as <c>splitlines</c> cuts it.</summary>
    public static List<string> Lines(string text, bool keepsEnds = false)
    {
        var lines = new List<string>();
        for (int at = 0, start = 0; at < text.Length; start = at)
        {
            while (at < text.Length && !EndsLine(text[at])) at++;
            int end = at;
            if (at < text.Length) at += text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1;
            lines.Add(text[start..(keepsEnds ? at : end)]);
        }
        return lines;
    }

    /// <summary>A text without letters at its ends: white space, or those of a set.</summary>
    public static string Strip(string text, string? letters, bool atStart = true, bool atEnd = true)
    {
        var set = letters?.EnumerateRunes().ToHashSet();
        int start = 0, end = text.Length;
        while (atStart && start < end && Goes(text, start, out int length)) start += length;
        while (atEnd && end > start)
        {
            int last = end - start > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? end - 2 : end - 1;
            if (!Goes(text, last, out _)) break;
            end = last;
        }
        return text[start..end];

        bool Goes(string all, int at, out int length)
        {
            length = Rune.TryGetRuneAt(all, at, out var rune) ? rune.Utf16SequenceLength : 1;
            return set is null ? PythonStrings.IsSpace(all[at]) : set.Contains(rune);
        }
    }

    private static bool EndsLine(char letter) => letter is '\n' or '\r' or '\v' or '\f' or (>= '\u001c' and <= '\u001e') or '\u0085' or '\u2028' or '\u2029';
}
