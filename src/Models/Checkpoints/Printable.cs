using System.Text;

namespace Graft.Models;

/// <summary>Text out of a file, made fit for a message or a terminal: one line, no control characters, not endless.</summary>
internal static class Printable
{
    private const int Longest = 200;

    public static string Text(string text)
    {
        int taken = Math.Min(text.Length, Longest);
        bool plain = taken == text.Length;
        for (int at = 0; plain && at < taken; at++) plain = IsPlain(text[at]);
        if (plain) return text;

        var builder = new StringBuilder(taken + 8);
        foreach (char character in text.AsSpan(0, taken))
        {
            if (IsPlain(character)) builder.Append(character);
            else builder.Append("\\u").Append(((int)character).ToString("x4", null));
        }
        return taken < text.Length ? builder.Append('…').ToString() : builder.ToString();
    }

    // Format characters go too: they can turn the direction of a line on a terminal.
    private static bool IsPlain(char character) => !char.IsControl(character)
        && char.GetUnicodeCategory(character) is not (System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator
            or System.Globalization.UnicodeCategory.Surrogate);
}
