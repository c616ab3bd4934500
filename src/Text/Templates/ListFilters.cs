using System.Globalization;

namespace Graft.Text.Templates;

/// <summary>Jinja's filters of lists.</summary>
internal static class ListFilters
{
    public static void AddTo(Action<string, Func<Run, object?, Arguments, object?>> add)
    {
        add("list", static (run, value, _) => run.Made([.. ValueRules.Each(run, value)]));
        add("items", static (run, value, _) => value is Undefined ? new Generated([])
            : new Generated(((value as TemplateMap ?? throw run.Fail($"items goes through a dict, not {ValueText.TypeOf(value)}")).Values)
                .Select(static pair => (object?)TemplateList.Tuple(pair.Key, pair.Value))));
        add("first", static (run, value, _) => ValueRules.Each(run, value).FirstOr(new Undefined("there is no first element: it is empty")));
        add("last", static (run, value, _) => value is Generated ? throw run.Fail("a generator has no last element: make a list of it")
            : ValueRules.Each(run, value).Reverse().FirstOr(new Undefined("there is no last element: it is empty")));
        add("reverse", static (run, value, _) => value is string text ? string.Concat(TextPoints.Letters(text).Reverse()) : new Generated([.. ValueRules.Each(run, value).Reverse()]));
        add("join", static (run, value, arguments) =>
        {
            var bound = arguments.Bind(run, "join", 0, "d", "attribute");
            var items = ValueRules.Each(run, value);
            if (bound[1] is { } attribute) items = items.Select(item => Path(run, item, attribute, null));
            string[] parts = [.. items.Select(item => ValueText.Of(run, item))];
            return TextCutting.Join(run, bound.Has(0) ? ValueText.Of(run, bound[0]) : "", parts);
        });
        add("map", static (run, value, arguments) => new Generated(Map(run, value, arguments)));
        add("select", static (run, value, arguments) => new Generated(Chosen(run, value, arguments, ofAttribute: false, wanted: true)));
        add("reject", static (run, value, arguments) => new Generated(Chosen(run, value, arguments, ofAttribute: false, wanted: false)));
        add("selectattr", static (run, value, arguments) => new Generated(Chosen(run, value, arguments, ofAttribute: true, wanted: true)));
        add("rejectattr", static (run, value, arguments) => new Generated(Chosen(run, value, arguments, ofAttribute: true, wanted: false)));
        add("unique", static (run, value, arguments) => new Generated(Unique(run, value, arguments.Bind(run, "unique", 0, "case_sensitive", "attribute"))));
        add("sort", static (run, value, arguments) =>
        {
            var bound = arguments.Bind(run, "sort", 0, "reverse", "case_sensitive", "attribute");
            return run.Made(ValueRules.Sorted(run, ValueRules.Each(run, value), bound.Flag(0), item => Key(run, item, bound.Flag(1), bound[2])));
        });
        add("dictsort", static (run, value, arguments) =>
        {
            var bound = arguments.Bind(run, "dictsort", 0, "case_sensitive", "by", "reverse");
            if (value is not TemplateMap map) throw run.Fail($"dictsort takes a dict, not {ValueText.TypeOf(value)}");
            int by = bound.Text(1, "key") switch { "key" => 0, "value" => 1, _ => throw run.Fail("dictsort sorts by key or by value") };
            var pairs = map.Values.Select(static pair => (object?)TemplateList.Tuple(pair.Key, pair.Value));
            return run.Made(ValueRules.Sorted(run, pairs, bound.Flag(2), pair => Folded(((TemplateList)pair!).Items[by], bound.Flag(0))));
        });
        add("sum", static (run, value, arguments) =>
        {
            var bound = arguments.Bind(run, "sum", 0, "attribute", "start");
            object? sum = bound.Has(1) ? bound[1] : 0L;
            foreach (object? item in ValueRules.Each(run, value)) sum = ValueRules.Binary(run, "+", sum, bound[0] is { } attribute ? Path(run, item, attribute, null) : item);
            return sum;
        });
        add("min", static (run, value, arguments) => Extreme(run, value, arguments.Bind(run, "min", 0, "case_sensitive", "attribute"), -1));
        add("max", static (run, value, arguments) => Extreme(run, value, arguments.Bind(run, "max", 0, "case_sensitive", "attribute"), 1));
    }

    private static object? FirstOr(this IEnumerable<object?> items, Undefined nothing)
    {
        foreach (object? item in items) return item;
        return nothing;
    }

    private static IEnumerable<object?> Map(Run run, object? value, Arguments arguments)
    {
        if (arguments.Values.Count == 0 && arguments.Named.TryGetValue("attribute", out object? attribute))
        {
            arguments.Named.TryGetValue("default", out object? standard);
            return ValueRules.Each(run, value).Select(item => Path(run, item, attribute, standard));
        }
        if (arguments.Values.Count == 0 || arguments.Values[0] is not string name) throw run.Fail("map is given no filter");
        if (!Filters.IsKnown(name)) throw run.Fail($"the filter '{Printable.Text(name)}' is not supported here");
        return ValueRules.Each(run, value).Select(item => Filters.Apply(run, name, item, arguments.After(1)));
    }

    private static IEnumerable<object?> Chosen(Run run, object? value, Arguments arguments, bool ofAttribute, bool wanted)
    {
        object? attribute = null;
        if (ofAttribute)
        {
            if (arguments.Values.Count == 0) throw run.Fail("the attribute that decides is missing");
            attribute = arguments.Values[0];
            arguments = arguments.After(1);
        }
        if (arguments.Values.Count > 0 && arguments.Values[0] is not string) throw run.Fail("the name of a test is no text");
        string? test = arguments.Values.Count > 0 ? (string?)arguments.Values[0] : null;
        var rest = test is null ? arguments : arguments.After(1);
        return ValueRules.Each(run, value).Where(item =>
        {
            object? judged = ofAttribute ? Path(run, item, attribute, null) : item;
            return (test is null ? ValueRules.IsTrue(judged) : ValueTests.Apply(run, test, judged, rest)) == wanted;
        });
    }

    private static IEnumerable<object?> Unique(Run run, object? value, Bound bound)
    {
        var seen = new TemplateMap();
        foreach (object? item in ValueRules.Each(run, value))
            if (seen.Values.TryAdd(Members.Key(run, Key(run, item, bound.Flag(0), bound[1])), null)) yield return item;
    }

    private static object? Extreme(Run run, object? value, Bound bound, int sign)
    {
        object? best = null, bestKey = null;
        bool isEmpty = true;
        foreach (object? item in ValueRules.Each(run, value))
        {
            object? key = Key(run, item, bound.Flag(0), bound[1]);
            if (!isEmpty && ValueRules.Compare(run, key, bestKey) * sign <= 0) continue;
            (best, bestKey, isEmpty) = (item, key, false);
        }
        return isEmpty ? new Undefined("there is no element: it is empty") : best;
    }

    private static object? Key(Run run, object? item, bool isCaseSensitive, object? attribute) =>
        Folded(attribute is null ? item : Path(run, item, attribute, null), isCaseSensitive);

    private static object? Folded(object? value, bool isCaseSensitive) => value is string text && !isCaseSensitive ? PythonStrings.Lower(text) : value;

    /// <summary>A member of a member, by names or numbers with dots between them.</summary>
    private static object? Path(Run run, object? value, object? attribute, object? standard)
    {
        if (attribute is long place) value = Members.Item(run, value, place);
        else
        {
            if (attribute is not string names) throw run.Fail($"an attribute is a text, not {ValueText.TypeOf(attribute)}");
            foreach (string name in names.Split('.'))
            {
                value = Members.Item(run, value, long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : name);
                if (value is Undefined && standard is not null) return standard;
            }
        }
        return value is Undefined && standard is not null ? standard : value;
    }
}
