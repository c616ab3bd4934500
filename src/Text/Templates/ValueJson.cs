using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Graft.Text.Templates;

/// <summary>Values as JSON, spelled as Python's <c>json.dumps(..., ensure_ascii=False)</c> spells them, and the other way round.</summary>
internal static class ValueJson
{
    /// <summary>The value that JSON spells.</summary>
    /// <exception cref="FormatException">A whole number leaves 64 bits.</exception>
    public static object? Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String: return element.GetString();
            case JsonValueKind.True or JsonValueKind.False: return element.GetBoolean();
            case JsonValueKind.Number:
                if (element.TryGetInt64(out long whole)) return whole;
                return element.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? element.GetDouble()
                    : throw new FormatException($"{Printable.Text(element.GetRawText())} leaves 64 bits");
            case JsonValueKind.Array: return new TemplateList([.. element.EnumerateArray().Select(Read)]);
            case JsonValueKind.Object:
                var map = new TemplateMap();
                foreach (var member in element.EnumerateObject()) map.Values[member.Name] = Read(member.Value);
                return map;
            default: return null;
        }
    }

    /// <param name="run">What complains.</param>
    /// <param name="value">The value.</param>
    /// <param name="indent">What each level is indented by; null to write all on one line.</param>
    /// <param name="comma">What stands between elements.</param>
    /// <param name="colon">What stands behind a key.</param>
    /// <param name="sortsKeys">Whether keys are put in order.</param>
    public static string Write(Run run, object? value, string? indent, string comma, string colon, bool sortsKeys)
    {
        var text = new StringBuilder();
        Write(new Settings(run, text, indent, comma, colon, sortsKeys), value, 0);
        return run.Made(text.ToString());
    }

    private sealed record Settings(Run Run, StringBuilder Text, string? Indent, string Comma, string Colon, bool SortsKeys);

    private static void Write(Settings settings, object? value, int level)
    {
        settings.Run.RequireStack();
        var text = settings.Text;
        if (text.Length > 1 << 24) throw settings.Run.Fail("a value is too long to be written as JSON");
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool flag: text.Append(flag ? "true" : "false"); break;
            case long whole: text.Append(whole.ToString(CultureInfo.InvariantCulture)); break;
            case double real: text.Append(Number(real)); break;
            case string letters: Quote(text, letters); break;
            case TemplateList { IsSequence: true } list:
                Write(settings, '[', list.Items, item => Write(settings, item, level + 1), ']', level);
                break;
            case TemplateMap map:
                IEnumerable<KeyValuePair<object, object?>> pairs = map.Values;
                if (settings.SortsKeys) pairs = ValueRules.Sorted(settings.Run, pairs, isReversed: false, static pair => pair.Key);
                Write(settings, '{', [.. pairs], pair =>
                {
                    Quote(text, Key(settings.Run, pair.Key));
                    text.Append(settings.Colon);
                    Write(settings, pair.Value, level + 1);
                }, '}', level);
                break;
            default: throw settings.Run.Fail(value is Undefined undefined ? $"JSON has no form for nothing: {undefined.Problem}" : $"JSON has no form for {ValueText.TypeOf(value)}");
        }
    }

    private static void Write<T>(Settings settings, char begin, IReadOnlyList<T> items, Action<T> write, char end, int level)
    {
        var text = settings.Text.Append(begin);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(settings.Comma);
            Break(settings, level + 1);
            write(items[i]);
        }
        if (items.Count > 0) Break(settings, level);
        text.Append(end);
    }

    private static void Break(Settings settings, int level)
    {
        if (settings.Indent is not { } indent) return;
        settings.Text.Append('\n');
        settings.Run.Take((long)level * indent.Length);
        for (int i = 0; i < level; i++) settings.Text.Append(indent);
    }

    private static string Key(Run run, object key) => key switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double real => Number(real),
        _ => throw run.Fail($"JSON has no key that is {ValueText.TypeOf(key)}"),
    };

    private static string Number(double real) => double.IsNaN(real) ? "NaN" : double.IsInfinity(real) ? real > 0 ? "Infinity" : "-Infinity" : ValueText.Number(real);

    private static void Quote(StringBuilder text, string letters)
    {
        text.Append('"');
        foreach (char letter in letters)
        {
            switch (letter)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\f': text.Append("\\f"); break;
                case '\b': text.Append("\\b"); break;
                default:
                    if (letter < ' ') text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
                    else text.Append(letter);
                    break;
            }
        }
        text.Append('"');
    }
}
