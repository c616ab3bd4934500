using System.Globalization;
using System.Text;

namespace Graft.Text.Templates;

/// <summary>The functions that every template knows.</summary>
internal static class Globals
{
    /// <summary>As many as Jinja's sandbox allows.</summary>
    private const long LongestRange = 100_000;

    private static readonly Dictionary<string, Callable> All = new Callable[]
    {
        new("range", Range),
        new("namespace", static (run, arguments) =>
        {
            var names = new Namespace();
            foreach (object? given in arguments.Values)
                foreach (var (key, value) in given is TemplateMap map ? map.Values : throw run.Fail($"a namespace is made of a dict, not of {ValueText.TypeOf(given)}"))
                    names.Values[key as string ?? throw run.Fail("a name of a namespace is no text")] = value;
            foreach (var (name, value) in arguments.Named) names.Values[name] = value;
            return names;
        }),
        new("dict", static (run, arguments) =>
        {
            if (arguments.Values.Count > 0) throw run.Fail("dict(...) of values without names is not supported");
            var map = new TemplateMap();
            foreach (var (name, value) in arguments.Named) map.Values[name] = value;
            return map;
        }),
        new("raise_exception", static (run, arguments) =>
        {
            object? message = arguments.Bind(run, "raise_exception", 1, "message")[0];
            throw new TemplateException(ValueText.Of(run, message));
        }),
        new("strftime_now", static (run, arguments) => run.Made(ClockText.Of(run, run.Now, arguments.Bind(run, "strftime_now", 1, "format").Text(0)))),
    }.ToDictionary(static function => function.Name, StringComparer.Ordinal);

    public static Callable? Find(string name) => All.GetValueOrDefault(name);

    private static TemplateList Range(Run run, Arguments arguments)
    {
        var bound = arguments.Bind(run, "range", 1, "start", "stop", "step");
        long start = bound.Has(1) ? bound.Whole(0, 0) : 0, stop = bound.Has(1) ? bound.Whole(1, 0) : bound.Whole(0, 0), step = bound.Whole(2, 1);
        if (step == 0) throw run.Fail("the step of a range is 0");
        Int128 count = step > 0 ? ((Int128)stop - start + step - 1) / step : ((Int128)start - stop - step - 1) / -(Int128)step;
        if (count > LongestRange) throw run.Fail($"a range has more than {LongestRange} numbers");
        var items = new List<object?>();
        for (int i = 0; i < (int)count; i++) items.Add(start + i * step);
        return run.Made(items);
    }
}

/// <summary>A time by the directives of C's <c>strftime</c>, in English.</summary>
internal static class ClockText
{
    public static string Of(Run run, DateTime time, string format)
    {
        var text = new StringBuilder();
        for (int at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 == format.Length)
            {
                text.Append(format[at]);
                continue;
            }
            char directive = format[++at];
            bool isBare = directive == '-' && at + 1 < format.Length;
            if (isBare) directive = format[++at];
            string written = directive switch
            {
                'd' => Formatted("dd"),
                'm' => Formatted("MM"),
                'y' => Formatted("yy"),
                'Y' => time.Year.ToString(CultureInfo.InvariantCulture),
                'H' => Formatted("HH"),
                'I' => Formatted("hh"),
                'M' => Formatted("mm"),
                'S' => Formatted("ss"),
                'f' => Formatted("ffffff"),
                'p' => time.Hour < 12 ? "AM" : "PM",
                'a' => Formatted("ddd"),
                'A' => Formatted("dddd"),
                'b' or 'h' => Formatted("MMM"),
                'B' => Formatted("MMMM"),
                'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
                'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                'F' => Formatted("yyyy-MM-dd"),
                'T' => Formatted("HH:mm:ss"),
                'D' => Formatted("MM/dd/yy"),
                'n' => "\n",
                't' => "\t",
                '%' => "%",
                _ => throw run.Fail($"strftime_now: '%{Printable.Text(directive.ToString())}' is not supported"),
            };
            if (isBare) written = written.TrimStart('0', ' ') is { Length: > 0 } bare ? bare : "0";
            text.Append(written);
        }
        return text.ToString();

        string Formatted(string pattern) => time.ToString(pattern, CultureInfo.InvariantCulture);
    }
}
