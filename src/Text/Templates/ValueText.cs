using System.Globalization;
using System.Text;

namespace Graft.Text.Templates;

/// <summary>Values as text, as Python writes them.</summary>
internal static class ValueText
{
    /// <summary>What a type is called.</summary>
    public static string TypeOf(object? value) => value switch
    {
        null => "None",
        Undefined => "nothing",
        bool => "a bool",
        long => "an int",
        double => "a float",
        string => "a str",
        TemplateList { Kind: ListKind.Tuple } => "a tuple",
        TemplateList { Kind: ListKind.List } => "a list",
        TemplateMap => "a dict",
        Generated => "a generator",
        Namespace => "a namespace",
        LoopState => "loop",
        Callable => "a function",
        _ => "a view of a dict",
    };

    /// <summary><c>str(value)</c>.</summary>
    public static string Of(Run run, object? value) => value switch
    {
        string text => text,
        Undefined => "",
        _ => Literal(run, value),
    };

    /// <summary><c>repr(value)</c>.</summary>
    public static string Literal(Run run, object? value)
    {
        var text = new StringBuilder();
        Write(run, text, value);
        return run.Made(text.ToString());
    }

    /// <summary>The shortest number that reads as the same again.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        string shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        for (int digits = 0; digits < 17; digits++)
        {
            string tried = value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(tried, CultureInfo.InvariantCulture) != value) continue;
            shortest = tried;
            break;
        }
        int mark = shortest.IndexOf('E', StringComparison.Ordinal), exponent = int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string sign = shortest[0] == '-' ? "-" : "", figures = shortest[sign.Length..mark].Replace(".", "", StringComparison.Ordinal).TrimEnd('0');
        if (figures.Length == 0) return sign + "0.0";
        if (exponent is < -4 or >= 16)
        {
            string power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            return $"{sign}{figures[0]}{(figures.Length > 1 ? "." : "")}{figures[1..]}e{(exponent < 0 ? '-' : '+')}{power}";
        }
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{figures}";
        if (figures.Length <= exponent + 1) return $"{sign}{figures.PadRight(exponent + 1, '0')}.0";
        return $"{sign}{figures[..(exponent + 1)]}.{figures[(exponent + 1)..]}";
    }

    private static void Write(Run run, StringBuilder text, object? value)
    {
        run.RequireStack();
        switch (value)
        {
            case null: text.Append("None"); break;
            case Undefined: text.Append("Undefined"); break;
            case bool flag: text.Append(flag ? "True" : "False"); break;
            case long whole: text.Append(whole.ToString(CultureInfo.InvariantCulture)); break;
            case double real: text.Append(Number(real)); break;
            case string letters: Quote(text, letters); break;
            case TemplateMap map:
                Write(run, text, "{", map.Values, static (run, text, pair) =>
                {
                    Write(run, text, pair.Key);
                    text.Append(": ");
                    Write(run, text, pair.Value);
                }, "}");
                break;
            case TemplateList list:
                var (begin, end) = list.Kind switch
                {
                    ListKind.List => ("[", "]"),
                    ListKind.Tuple => ("(", list.Items.Count == 1 ? ",)" : ")"),
                    ListKind.Keys => ("dict_keys([", "])"),
                    ListKind.Values => ("dict_values([", "])"),
                    _ => ("dict_items([", "])"),
                };
                Write(run, text, begin, list.Items, Write, end);
                break;
            default: throw run.Fail($"{TypeOf(value)} is written as text, which says nothing: it is called, gone through or asked for a value instead");
        }
        run.Take(0);
        if (text.Length > 1 << 24) throw run.Fail("a value is too long to be written as text");
    }

    private static void Write<T>(Run run, StringBuilder text, string begin, IEnumerable<T> items, Action<Run, StringBuilder, T> write, string end)
    {
        text.Append(begin);
        bool isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst) text.Append(", ");
            write(run, text, item);
            isFirst = false;
        }
        text.Append(end);
    }

    private static void Quote(StringBuilder text, string letters)
    {
        char quote = letters.Contains('\'') && !letters.Contains('"') ? '"' : '\'';
        text.Append(quote);
        foreach (char letter in letters)
        {
            switch (letter)
            {
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                default:
                    if (letter == quote) text.Append('\\').Append(letter);
                    else if (letter < ' ' || letter is >= '\u007f' and <= '\u00a0' or '\u00ad') text.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
                    else text.Append(letter);
                    break;
            }
        }
        text.Append(quote);
    }
}
