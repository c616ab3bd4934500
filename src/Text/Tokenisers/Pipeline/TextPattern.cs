using System.Globalization;
using System.Text.RegularExpressions;

namespace Graft.Text.Tokenisers;

/// <summary>What is looked for in a text.</summary>
internal abstract class TextPattern
{
    /// <summary>Adds where it is found, from left to right, never empty.</summary>
    public abstract void Find(ReadOnlySpan<char> text, List<(int Start, int End)> found);
}

/// <summary>A text as it is written.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> found)
    {
        if (literal.Length == 0) return;
        for (int at = 0; text[at..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var next;)
        {
            found.Add((at + next, at + next + literal.Length));
            at += next + literal.Length;
        }
    }
}

/// <summary>A regular expression. Where the text has code points beyond 16 bits, it runs over a text in which each is one unit of the same category.</summary>
internal sealed class ExpressionPattern : TextPattern
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    // a unit for each category, in the order of UnicodeCategory, that no expression names
    private const string Units =
        "\u0186\u0238\u01c5\u02b0\u05d0\u0300\u0903\u0488\u0660\u2160"
        + "\u00b2\u2005\u2028\u2029\u0081\u00ad\u0378\ue000\u203f\u2014\u2045\u2046\u00ab\u00bb\u00a7\u00ac\u00a2\u00a8\u00a6\u0378";

    private readonly Regex expression;

    /// <summary>Takes an expression of Oniguruma, where a line's ends are always ends.</summary>
    /// <exception cref="ArgumentException">It is none, or it has a class within a class, which would mean something else here.</exception>
    public ExpressionPattern(string expression)
    {
        if (HasNestedClass(expression)) throw new ArgumentException("a class within a class");
        this.expression = new Regex(expression, RegexOptions.CultureInvariant | RegexOptions.Multiline, Longest);
    }

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> found)
    {
        if (!text.ContainsAnyInRange('\ud800', '\udfff'))
        {
            foreach (var match in expression.EnumerateMatches(text))
                if (match.Length > 0) found.Add((match.Index, match.Index + match.Length));
            return;
        }
        char[] shadow = new char[text.Length];
        int[] places = new int[text.Length + 1];
        int count = 0;
        for (int at = 0; at < text.Length; count++)
        {
            places[count] = at;
            bool pair = char.IsHighSurrogate(text[at]) && at + 1 < text.Length;
            shadow[count] = pair ? Units[(int)CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(text[at], text[at + 1]))] : text[at];
            at += pair ? 2 : 1;
        }
        places[count] = text.Length;
        foreach (var match in expression.EnumerateMatches(shadow.AsSpan(0, count)))
            if (match.Length > 0) found.Add((places[match.Index], places[match.Index + match.Length]));
    }

    private static bool HasNestedClass(string expression)
    {
        bool within = false;
        for (int i = 0; i < expression.Length; i++)
        {
            char sign = expression[i];
            if (sign == '\\') i++;
            else if (within && sign == '[' || within && sign == '&' && i + 1 < expression.Length && expression[i + 1] == '&') return true;
            else if (sign == '[') within = true;
            else if (sign == ']') within = false;
        }
        return false;
    }
}
