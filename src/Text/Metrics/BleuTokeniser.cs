using System.Globalization;
using System.Text;

namespace Graft.Text;

/// <summary>How BLEU cuts a line into words, by sacreBLEU's names.</summary>
public enum BleuTokenisation
{
    /// <summary>As <c>mteval-v13a.pl</c>: ASCII's punctuation apart, full stops and commas unless within a number (<c>13a</c>).</summary>
    Mteval13a,

    /// <summary>At every sign of punctuation and symbol of Unicode (<c>intl</c>).</summary>
    International,

    /// <summary>Every letter (<c>char</c>).</summary>
    Characters,

    /// <summary>At spaces alone (<c>none</c>).</summary>
    None,
}

/// <summary>Cuts lines into words for BLEU.</summary>
internal static class BleuTokeniser
{
    private static readonly (string Name, Func<string, List<string>> Cut)[] Rows =
        [("13a", Mteval13a), ("intl", International), ("char", Characters), ("none", PythonStrings.Split)];

    public static string NameOf(BleuTokenisation tokenisation) => Rows[(int)tokenisation].Name;

    public static List<string> Cut(string line, BleuTokenisation tokenisation, bool lowerCase) =>
        Rows[(int)tokenisation].Cut(lowerCase ? PythonStrings.Lower(line) : line);

    private static List<string> Mteval13a(string line)
    {
        string plain = PythonStrings.TrimEnd(line).Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ')
            .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        var signs = Runes($" {plain} ");
        signs = Around(signs, static sign => sign.Value is >= '{' and <= '~' or >= '[' and <= '`' or >= ' ' and <= '&' or >= '(' and <= '+' or >= ':' and <= '@' or '/');
        signs = Apart(signs, static left => !IsDigit(left), static right => right.Value is '.' or ',', before: false);
        signs = Apart(signs, static left => left.Value is '.' or ',', static right => !IsDigit(right), before: true);
        signs = Apart(signs, IsDigit, static right => right.Value == '-', before: false);
        return PythonStrings.Split(Text(signs));
    }

    private static List<string> International(string line)
    {
        var signs = Runes(PythonStrings.TrimEnd(line));
        signs = Apart(signs, static left => !IsNumber(left), IsPunctuation, before: false);
        signs = Apart(signs, IsPunctuation, static right => !IsNumber(right), before: true);
        signs = Around(signs, Rune.IsSymbol);
        return PythonStrings.Split(Text(signs));
    }

    private static List<string> Characters(string line) =>
        [.. line.EnumerateRunes().Where(static sign => !(sign.IsBmp && PythonStrings.IsSpace((char)sign.Value))).Select(static sign => sign.ToString())];

    /// <summary>Puts spaces around signs.</summary>
    private static List<Rune> Around(List<Rune> signs, Predicate<Rune> isOne)
    {
        var spaced = new List<Rune>(signs.Count * 2);
        foreach (var sign in signs)
        {
            if (isOne(sign)) spaced.AddRange([Space, sign, Space]);
            else spaced.Add(sign);
        }
        return spaced;
    }

    /// <summary>Puts spaces around the right sign of a pair, or the left one; no sign is of two pairs.</summary>
    private static List<Rune> Apart(List<Rune> signs, Predicate<Rune> isLeft, Predicate<Rune> isRight, bool before)
    {
        var spaced = new List<Rune>(signs.Count * 2);
        for (int at = 0; at < signs.Count; at++)
        {
            if (at + 1 == signs.Count || !isLeft(signs[at]) || !isRight(signs[at + 1]))
            {
                spaced.Add(signs[at]);
                continue;
            }
            spaced.AddRange(before ? [Space, signs[at], Space, signs[at + 1]] : [signs[at], Space, signs[at + 1], Space]);
            at++;
        }
        return spaced;
    }

    private static Rune Space => new(' ');

    private static bool IsDigit(Rune sign) => sign.Value is >= '0' and <= '9';

    private static bool IsNumber(Rune sign) =>
        Rune.GetUnicodeCategory(sign) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsPunctuation(Rune sign) => Rune.IsPunctuation(sign);

    private static List<Rune> Runes(string text) => [.. text.EnumerateRunes()];

    private static string Text(List<Rune> signs)
    {
        var text = new StringBuilder(signs.Count);
        foreach (var sign in signs) text.Append(sign.ToString());
        return text.ToString();
    }
}
