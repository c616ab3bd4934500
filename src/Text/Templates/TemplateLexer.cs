using System.Globalization;
using System.Text;

namespace Graft.Text.Templates;

/// <summary>Cuts a template into tokens, with white space around tags as Hugging Face sets it (<c>trim_blocks</c>, <c>lstrip_blocks</c>): the line break behind
/// a tag goes, and so do the spaces in front of one that begins its line.</summary>
internal sealed class TemplateLexer
{
    /// <summary>The signs, longer ones before their beginnings.</summary>
    private static readonly string[] Signs =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly string source;
    private readonly List<TemplateToken> tokens = [];
    private int at;
    private int line = 1;
    private int counted;
    private bool beginsLine = true;

    private TemplateLexer(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        // one line break at the end is the file's, not the template's
        this.source = source.EndsWith('\n') ? source[..^1] : source;
    }

    /// <exception cref="TemplateException">A tag has no end, or has letters that mean nothing.</exception>
    public static IReadOnlyList<TemplateToken> Cut(string source)
    {
        var lexer = new TemplateLexer(source);
        lexer.Run();
        return lexer.tokens;
    }

    private bool Sees(string text) => string.CompareOrdinal(source, at, text, 0, text.Length) == 0;

    private void Run()
    {
        while (at < source.Length)
        {
            int tag = NextTag();
            if (tag < 0)
            {
                Add(TokenKind.Data, source[at..]);
                at = source.Length;
                break;
            }
            char kind = source[tag + 1];
            Data(tag, kind);
            at = tag + 2;
            if (at < source.Length && source[at] is '-' or '+') at++;
            switch (kind)
            {
                case '#': Comment(tag); break;
                case '{': Inside(tag, TokenKind.OutputBegin, TokenKind.OutputEnd, "}}"); break;
                default:
                    if (!Raw(tag)) Inside(tag, TokenKind.TagBegin, TokenKind.TagEnd, "%}");
                    break;
            }
        }
        Add(TokenKind.End, "");
    }

    private int NextTag()
    {
        for (int next = source.IndexOf('{', at); next >= 0 && next + 1 < source.Length; next = source.IndexOf('{', next + 1))
            if (source[next + 1] is '{' or '%' or '#') return next;
        return -1;
    }

    /// <summary>Adds the text in front of a tag, without the white space that the tag takes away.</summary>
    private void Data(int tag, char kind)
    {
        string text = source[at..tag];
        char sign = tag + 2 < source.Length ? source[tag + 2] : ' ';
        if (sign == '-') text = PythonStrings.TrimEnd(text);
        else if (sign != '+' && kind != '{')
        {
            int start = text.LastIndexOf('\n') + 1;
            if ((start > 0 || beginsLine) && text.AsSpan(start).Length > 0 && IsSpace(text.AsSpan(start))) text = text[..start];
        }
        if (text.Length > 0) Add(TokenKind.Data, text);
    }

    private void Comment(int tag)
    {
        int end = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (end < 0) throw Fail(tag, "a comment has no end: '#}' is missing");
        char sign = end > at ? source[end - 1] : ' ';
        at = end + 2;
        Leave(sign, trims: true);
    }

    /// <summary>Passes what follows a tag's end and goes with it.</summary>
    private void Leave(char sign, bool trims)
    {
        if (sign == '-') while (at < source.Length && PythonStrings.IsSpace(source[at])) at++;
        else if (sign != '+' && trims && at < source.Length && source[at] == '\n') at++;
        beginsLine = source[at - 1] == '\n';
    }

    /// <summary>A part that is text whatever stands in it: <c>{% raw %}</c> to <c>{% endraw %}</c>.</summary>
    private bool Raw(int tag)
    {
        int begin = at;
        if (!Word("raw", out char sign) || sign == '+')
        {
            at = begin;
            return false;
        }
        Leave(sign, trims: false);
        int start = at;
        for (int end = source.IndexOf("{%", at, StringComparison.Ordinal); end >= 0; end = source.IndexOf("{%", end + 2, StringComparison.Ordinal))
        {
            at = end + 2;
            if (at < source.Length && source[at] is '-' or '+') at++;
            if (!Word("endraw", out sign)) continue;
            int behind = at;
            at = start;
            Data(end, '%');
            at = behind;
            Leave(sign, trims: true);
            return true;
        }
        throw Fail(tag, "'raw' has no end: '{% endraw %}' is missing");
    }

    /// <summary>Passes a tag that is one word, and its end.</summary>
    private bool Word(string word, out char sign)
    {
        sign = ' ';
        Spaces();
        if (!Sees(word)) return false;
        at += word.Length;
        Spaces();
        if (at < source.Length && source[at] is '-' or '+') sign = source[at++];
        if (!Sees("%}")) return false;
        at += 2;
        return true;
    }

    private void Spaces()
    {
        while (at < source.Length && PythonStrings.IsSpace(source[at])) at++;
    }

    private void Inside(int tag, TokenKind begin, TokenKind end, string closing)
    {
        Add(begin, "", tag);
        var open = new Stack<char>();
        while (true)
        {
            Spaces();
            if (at >= source.Length) throw Fail(tag, $"a tag has no end: '{closing}' is missing");
            if (open.Count == 0)
            {
                char sign = source[at] == '-' || source[at] == '+' && end == TokenKind.TagEnd ? source[at] : ' ';
                if (string.CompareOrdinal(source, at + (sign == ' ' ? 0 : 1), closing, 0, 2) == 0)
                {
                    Add(end, closing);
                    at += sign == ' ' ? 2 : 3;
                    Leave(sign, trims: end == TokenKind.TagEnd);
                    return;
                }
            }
            Token(open);
        }
    }

    private void Token(Stack<char> open)
    {
        char letter = source[at];
        int start = at;
        if (char.IsAsciiDigit(letter))
        {
            Number(start);
            return;
        }
        if (char.IsLetter(letter) || letter == '_')
        {
            while (at < source.Length && (char.IsLetterOrDigit(source[at]) || source[at] == '_')) at++;
            Add(TokenKind.Name, source[start..at], start);
            return;
        }
        if (letter is '\'' or '"')
        {
            for (at++; at < source.Length && source[at] != letter; at++)
                if (source[at] == '\\') at++;
            if (at >= source.Length) throw Fail(start, "a text has no end: its closing quote is missing");
            at++;
            Add(TokenKind.Text, TextLiteral.Read(source.AsSpan(start + 1, at - start - 2)) ?? throw Fail(start, "a text has an escape that means nothing"), start);
            return;
        }
        string sign = Array.Find(Signs, Sees) ?? throw Fail(start, $"'{Printable.Text(source.Substring(start, 1))}' means nothing here");
        if (sign is "(" or "[" or "{") open.Push(sign[0] == '(' ? ')' : sign[0] == '[' ? ']' : '}');
        else if (sign is ")" or "]" or "}" && (!open.TryPop(out char expected) || expected != sign[0])) throw Fail(start, $"'{sign}' closes nothing");
        at += sign.Length;
        Add(TokenKind.Sign, sign, start);
    }

    private void Number(int start)
    {
        Digits();
        // a number behind a dot is the place of an element
        bool isReal = false, isPlace = start > 0 && source[start - 1] == '.';
        if (!isPlace && at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            isReal = true;
            at++;
            Digits();
        }
        if (!isPlace && at < source.Length && (source[at] is 'e' or 'E'))
        {
            int digits = at + 1 + (at + 1 < source.Length && source[at + 1] is '+' or '-' ? 1 : 0);
            if (digits < source.Length && char.IsAsciiDigit(source[digits]))
            {
                isReal = true;
                at = digits;
                Digits();
            }
        }
        if (at < source.Length && (char.IsLetterOrDigit(source[at]) || source[at] == '_')) throw Fail(start, "a number goes on with letters");
        Add(isReal ? TokenKind.Real : TokenKind.Whole, source[start..at].Replace("_", "", StringComparison.Ordinal), start);
    }

    private void Digits()
    {
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || source[at] == '_' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1]))) at++;
    }

    private static bool IsSpace(ReadOnlySpan<char> text)
    {
        foreach (char letter in text)
            if (!PythonStrings.IsSpace(letter)) return false;
        return true;
    }

    private void Add(TokenKind kind, string text, int? start = null) => tokens.Add(new TemplateToken(kind, text, LineOf(start ?? at)));

    private TemplateException Fail(int start, string problem) => new(LineOf(start), problem);

    private int LineOf(int place)
    {
        if (place < counted) return 1 + source.AsSpan(0, place).Count('\n');
        line += source.AsSpan(counted, place - counted).Count('\n');
        counted = place;
        return line;
    }
}

/// <summary>What stands between the quotes of a text literal, by Python's escapes.</summary>
internal static class TextLiteral
{
    private const string Letters = "abfnrtv\\'\"", Meanings = "\a\b\f\n\r\t\v\\'\"";

    /// <returns>The text; null where an escape has no meaning.</returns>
    public static string? Read(ReadOnlySpan<char> literal)
    {
        if (!literal.Contains('\\')) return literal.ToString();
        var text = new StringBuilder(literal.Length);
        for (int at = 0; at < literal.Length; at++)
        {
            if (literal[at] != '\\' || at + 1 == literal.Length)
            {
                text.Append(literal[at]);
                continue;
            }
            char letter = literal[++at];
            int digits = letter switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (Letters.IndexOf(letter, StringComparison.Ordinal) is var known && known >= 0) text.Append(Meanings[known]);
            else if (digits > 0)
            {
                if (at + digits >= literal.Length || !int.TryParse(literal.Slice(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int point)) return null;
                if (point is < 0 or > 0x10FFFF) return null;
                if (point < 0x10000) text.Append((char)point);
                else text.Append(char.ConvertFromUtf32(point));
                at += digits;
            }
            else if (letter is >= '0' and <= '7')
            {
                int value = 0, end = Math.Min(literal.Length, at + 3);
                for (; at < end && literal[at] is >= '0' and <= '7'; at++) value = 8 * value + literal[at] - '0';
                at--;
                text.Append((char)value);
            }
            else if (letter != '\n') text.Append('\\').Append(letter);
        }
        return text.ToString();
    }
}
