using System.Globalization;
using System.Text.RegularExpressions;

namespace Graft.Text.Templates;

/// <summary>Jinja's filters: what follows <c>|</c>.</summary>
internal static partial class Filters
{
    private delegate object? Change(Run run, object? value, Arguments arguments);

    private static readonly Dictionary<string, Change> All = Make();

    public static bool IsKnown(string name) => All.ContainsKey(name);

    /// <exception cref="TemplateException">There is no such filter, or the value is none for it.</exception>
    public static object? Apply(Run run, string name, object? value, Arguments arguments) =>
        All.TryGetValue(name, out var change) ? change(run, value, arguments) : throw run.Fail($"the filter '{Printable.Text(name)}' is not supported here");

    private static Dictionary<string, Change> Make()
    {
        var all = new Dictionary<string, Change>(StringComparer.Ordinal)
        {
            ["trim"] = static (run, value, arguments) => run.Made(TextPoints.Strip(ValueText.Of(run, value), arguments.Bind(run, "trim", 0, "chars").TextOrNone(0))),
            ["upper"] = static (run, value, _) => run.Made(TextPoints.Upper(ValueText.Of(run, value))),
            ["lower"] = static (run, value, _) => run.Made(PythonStrings.Lower(ValueText.Of(run, value))),
            ["capitalize"] = static (run, value, _) => run.Made(TextPoints.Capital(ValueText.Of(run, value))),
            ["title"] = static (run, value, _) => run.Made(Title(ValueText.Of(run, value))),
            ["string"] = static (run, value, _) => ValueText.Of(run, value),
            ["safe"] = static (run, value, _) => ValueText.Of(run, value),
            ["escape"] = static (run, value, _) => run.Made(Escaped(ValueText.Of(run, value))),
            ["replace"] = static (run, value, arguments) =>
            {
                var bound = arguments.Bind(run, "replace", 2, "old", "new", "count");
                return TextCutting.Replace(run, ValueText.Of(run, value), ValueText.Of(run, bound[0]), ValueText.Of(run, bound[1]), bound[2] is null ? -1 : bound.Whole(2, -1));
            },
            ["indent"] = static (run, value, arguments) =>
            {
                var bound = arguments.Bind(run, "indent", 0, "width", "first", "blank");
                return TextCutting.Indent(run, ValueText.Of(run, value), bound[0] as string ?? Spaces(run, bound.Whole(0, 4)), bound.Flag(1), bound.Flag(2));
            },
            ["tojson"] = static (run, value, arguments) =>
            {
                var bound = arguments.Bind(run, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
                if (bound.Flag(0)) throw run.Fail("tojson with ensure_ascii is not supported");
                string? indent = bound[1] is null ? null : bound[1] as string ?? Spaces(run, bound.Whole(1, 0));
                var separators = bound[2] is null ? null : bound[2] as TemplateList;
                if (bound[2] is not null && separators is not { Items: [string, string] }) throw run.Fail("tojson takes a pair of texts as its 'separators'");
                string comma = separators?.Items[0] as string ?? (indent is null ? ", " : ","), colon = separators?.Items[1] as string ?? ": ";
                return ValueJson.Write(run, value, indent, comma, colon, bound.Flag(3));
            },
            ["default"] = static (run, value, arguments) =>
            {
                var bound = arguments.Bind(run, "default", 0, "default_value", "boolean");
                return value is Undefined || bound.Flag(1) && !ValueRules.IsTrue(value) ? bound.Has(0) ? bound[0] : "" : value;
            },
            ["length"] = static (run, value, _) => ValueRules.Length(run, value),
            ["abs"] = static (run, value, _) => Number(run, value, static whole => Math.Abs(whole), Math.Abs),
            ["int"] = static (run, value, arguments) =>
            {
                var bound = arguments.Bind(run, "int", 0, "default", "base");
                if (bound.Has(1) && bound.Whole(1, 10) != 10) throw run.Fail("int of another base than 10 is not supported");
                return WholeOf(value) ?? (bound.Has(0) ? bound[0] : 0L);
            },
            ["float"] = static (run, value, arguments) =>
            {
                var bound = arguments.Bind(run, "float", 0, "default");
                return ValueRules.NumberOf(value) ?? (value is string text && RealOf(text) is { } real ? real : bound.Has(0) ? bound[0] : 0.0);
            },
            ["round"] = static (run, value, arguments) => Round(run, value, arguments),
        };
        ListFilters.AddTo((name, change) => all.Add(name, (run, value, arguments) => change(run, value, arguments)));
        foreach (var (other, name) in (ReadOnlySpan<(string, string)>)[("d", "default"), ("count", "length"), ("e", "escape")]) all.Add(other, all[name]);
        return all;
    }

    private static string Spaces(Run run, long count) => count is >= 0 and <= 1000 ? new string(' ', (int)count) : throw run.Fail($"lines are indented by 0 to 1000 spaces, not by {count}");

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    private static string Title(string text) => string.Concat(WordBeginnings().Split(text).Where(static part => part.Length > 0).Select(TextPoints.Capital));

    private static object Number(Run run, object? value, Func<long, long> ofWhole, Func<double, double> ofReal)
    {
        ValueRules.Require(run, value);
        if (ValueRules.WholeOf(value) is { } whole && whole != long.MinValue) return ofWhole(whole);
        return value is double real ? ofReal(real) : throw run.Fail($"{ValueText.TypeOf(value)} is no number");
    }

    private static long? WholeOf(object? value) => value switch
    {
        double real when Math.Abs(real) < 9e18 => (long)real,
        string text when long.TryParse(PythonStrings.Strip(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => whole,
        string text when RealOf(text) is { } real && Math.Abs(real) < 9e18 => (long)real,
        _ => ValueRules.WholeOf(value),
    };

    private static double? RealOf(string text) =>
        double.TryParse(PythonStrings.Strip(text), NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real : null;

    private static object Round(Run run, object? value, Arguments arguments)
    {
        var bound = arguments.Bind(run, "round", 0, "precision", "method");
        double number = ValueRules.NumberOf(value) ?? throw run.Fail($"{ValueText.TypeOf(value)} is no number");
        long digits = bound.Whole(0, 0);
        if (digits is < 0 or > 15) throw run.Fail($"round takes 0 to 15 digits, not {digits}");
        double scale = Math.Pow(10, digits);
        switch (bound.Text(1, "common"))
        {
            case "common" when ValueRules.WholeOf(value) is { } whole: return whole;
            case "common": return Math.Abs(number) > 1e12 || double.IsNaN(number) ? number : (double)Math.Round((decimal)number, (int)digits, MidpointRounding.ToEven);
            case "ceil": return Math.Ceiling(number * scale) / scale;
            case "floor": return Math.Floor(number * scale) / scale;
            case var other: throw run.Fail($"round knows common, ceil and floor, not '{Printable.Text(other)}'");
        }
    }

    [GeneratedRegex(@"([-\s({\[<]+)")]
    private static partial Regex WordBeginnings();
}
