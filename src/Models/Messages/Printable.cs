using System.Globalization;
using System.Text;

namespace Graft.Messages;

/// <summary>Text out of a file, made fit for a message or a terminal: one line, no control characters, not endless.</summary>
public static class Printable
{
    private const int Longest = 200;
    private const int Named = 5;

    /// <summary>The text, cut where it is longer than a message should be.</summary>
    public static string Text(string text) => Text(text, Longest);

    /// <summary>The whole text, however long: a path that is cut leads nowhere.</summary>
    public static string Whole(string text) => Text(text, text.Length);

    /// <summary>The first few of a list, and how many more there are.</summary>
    public static string Some(IEnumerable<string> items, int named = Named)
    {
        var all = items.ToList();
        string shown = string.Join(", ", all.Take(named).Select(static item => Text(item)));
        return all.Count > named ? $"{shown} and {all.Count - named} more" : shown;
    }

    private static string Text(string text, int longest)
    {
        bool cut = text.Length > longest;
        if (!cut && IsPlain(text)) return text;

        var builder = new StringBuilder(Math.Min(text.Length, longest) + 8);
        for (int at = 0; at < text.Length && at < longest;)
        {
            bool whole = Rune.TryGetRuneAt(text, at, out var rune);
            int length = whole ? rune.Utf16SequenceLength : 1;
            if (whole && IsPlain(rune)) builder.Append(text, at, length);
            else foreach (char unit in text.AsSpan(at, length)) builder.Append("\\u").Append(((int)unit).ToString("x4", null));
            at += length;
        }
        return cut ? builder.Append('…').ToString() : builder.ToString();
    }

    private static bool IsPlain(string text)
    {
        foreach (char character in text)
            if (char.IsSurrogate(character) || !IsPlain(new Rune(character))) return false;
        return true;
    }

    // Format characters go too: they can turn the direction of a line on a terminal. The joiners stay, which emoji and scripts need.
    private static bool IsPlain(Rune rune) => rune.Value is 0x200C or 0x200D || (!Rune.IsControl(rune)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}
