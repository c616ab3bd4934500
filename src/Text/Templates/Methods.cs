namespace Graft.Text.Templates;

/// <summary>The methods of values, by Python's rules; those that change a value are not there, as in Jinja's immutable sandbox.</summary>
internal static class Methods
{
    private delegate object? Method<T>(Run run, T value, Arguments arguments);

    private static readonly Dictionary<string, Method<string>> OfText = new(StringComparer.Ordinal)
    {
        ["strip"] = static (run, text, arguments) => Strip(run, "strip", text, arguments, atStart: true, atEnd: true),
        ["lstrip"] = static (run, text, arguments) => Strip(run, "lstrip", text, arguments, atStart: true, atEnd: false),
        ["rstrip"] = static (run, text, arguments) => Strip(run, "rstrip", text, arguments, atStart: false, atEnd: true),
        ["upper"] = static (run, text, _) => run.Made(TextPoints.Upper(text)),
        ["lower"] = static (run, text, _) => run.Made(PythonStrings.Lower(text)),
        ["capitalize"] = static (run, text, _) => run.Made(TextPoints.Capital(text)),
        ["title"] = static (run, text, _) => run.Made(TextCutting.Title(text)),
        ["split"] = static (run, text, arguments) => TextCutting.Split(run, "split", text, arguments, fromEnd: false),
        ["rsplit"] = static (run, text, arguments) => TextCutting.Split(run, "rsplit", text, arguments, fromEnd: true),
        ["splitlines"] = static (run, text, arguments) => run.Made([.. TextPoints.Lines(text, arguments.Bind(run, "splitlines", 0, "keepends").Flag(0))]),
        ["startswith"] = static (run, text, arguments) => Ends(run, "startswith", arguments).Any(part => text.StartsWith(part, StringComparison.Ordinal)),
        ["endswith"] = static (run, text, arguments) => Ends(run, "endswith", arguments).Any(part => text.EndsWith(part, StringComparison.Ordinal)),
        ["removeprefix"] = static (run, text, arguments) => arguments.Bind(run, "removeprefix", 1, "prefix").Text(0) is var part
            && text.StartsWith(part, StringComparison.Ordinal) ? text[part.Length..] : text,
        ["removesuffix"] = static (run, text, arguments) => arguments.Bind(run, "removesuffix", 1, "suffix").Text(0) is var part
            && text.EndsWith(part, StringComparison.Ordinal) ? text[..^part.Length] : text,
        ["replace"] = static (run, text, arguments) =>
        {
            var bound = arguments.Bind(run, "replace", 2, "old", "new", "count");
            return TextCutting.Replace(run, text, bound.Text(0), bound.Text(1), bound.Whole(2, -1));
        },
        ["join"] = static (run, text, arguments) =>
        {
            string[] parts = [.. ValueRules.Each(run, arguments.Bind(run, "join", 1, "iterable")[0])
                .Select(part => part as string ?? throw run.Fail($"join takes texts, and {ValueText.TypeOf(part)} is among them"))];
            return TextCutting.Join(run, text, parts);
        },
        ["find"] = static (run, text, arguments) => TextCutting.Find(text, arguments.Bind(run, "find", 1, "sub").Text(0), last: false),
        ["rfind"] = static (run, text, arguments) => TextCutting.Find(text, arguments.Bind(run, "rfind", 1, "sub").Text(0), last: true),
        ["index"] = static (run, text, arguments) => TextCutting.Find(text, arguments.Bind(run, "index", 1, "sub").Text(0), last: false) is var place && place >= 0
            ? place : throw run.Fail("index: the text is not in the other"),
        ["count"] = static (run, text, arguments) => arguments.Bind(run, "count", 1, "sub").Text(0) is { Length: > 0 } part
            ? (long)text.AsSpan().Count(part) : TextPoints.Count(text) + 1L,
        ["isdigit"] = static (_, text, _) => text.Length > 0 && text.All(char.IsDigit),
        ["isalpha"] = static (_, text, _) => text.Length > 0 && text.All(char.IsLetter),
        ["isalnum"] = static (_, text, _) => text.Length > 0 && text.All(char.IsLetterOrDigit),
        ["isspace"] = static (_, text, _) => text.Length > 0 && text.All(PythonStrings.IsSpace),
        ["isupper"] = static (run, text, _) => ValueTests.Apply(run, "upper", text, Arguments.None),
        ["islower"] = static (run, text, _) => ValueTests.Apply(run, "lower", text, Arguments.None),
    };

    private static readonly Dictionary<string, Method<TemplateMap>> OfMap = new(StringComparer.Ordinal)
    {
        ["get"] = static (run, map, arguments) =>
        {
            var bound = arguments.Bind(run, "get", 1, "key", "default");
            return map.TryGet(bound[0], out object? value) ? value : bound[1];
        },
        ["items"] = static (run, map, _) => run.Made([.. map.Values.Select(static pair => TemplateList.Tuple(pair.Key, pair.Value))], ListKind.Items),
        ["keys"] = static (run, map, _) => run.Made([.. map.Values.Keys], ListKind.Keys),
        ["values"] = static (run, map, _) => run.Made([.. map.Values.Values], ListKind.Values),
        ["copy"] = static (_, map, _) => map,
    };

    private static readonly Dictionary<string, Method<TemplateList>> OfList = new(StringComparer.Ordinal)
    {
        ["index"] = static (run, list, arguments) =>
        {
            object? wanted = arguments.Bind(run, "index", 1, "value")[0];
            for (int i = 0; i < list.Items.Count; i++)
                if (ValueRules.AreEqual(list.Items[i], wanted)) return (long)i;
            throw run.Fail("index: the value is not in the list");
        },
        ["count"] = static (run, list, arguments) =>
        {
            object? wanted = arguments.Bind(run, "count", 1, "value")[0];
            return list.Items.LongCount(item => ValueRules.AreEqual(item, wanted));
        },
        ["copy"] = static (_, list, _) => list,
    };

    /// <summary>Python has them, and they are not here: those that change a value by Jinja's rule, the others because no template was seen to need them.</summary>
    private static readonly HashSet<string> TextAlone = ["casefold", "center", "encode", "expandtabs", "format", "format_map", "isascii", "isdecimal", "isidentifier", "isnumeric",
        "isprintable", "istitle", "ljust", "maketrans", "partition", "rindex", "rjust", "rpartition", "swapcase", "translate", "zfill"];

    private static readonly HashSet<string> Changing = ["append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update", "fromkeys"];

    /// <summary>A method of a value; null where it has none of that name.</summary>
    public static Callable? Find(Run run, object? value, string name) => value switch
    {
        string text => Of(OfText, text, name) ?? (TextAlone.Contains(name) ? throw Missing(run, value, name, "is not supported here") : null),
        TemplateMap map => Of(OfMap, map, name)
            ?? (Changing.Contains(name) && !map.TryGet(name, out _) ? throw Missing(run, value, name, "would change it, which templates may not") : null),
        TemplateList { IsSequence: true } list => Of(OfList, list, name)
            ?? (Changing.Contains(name) ? throw Missing(run, value, name, "would change it, which templates may not") : null),
        _ => null,
    };

    private static Callable? Of<T>(Dictionary<string, Method<T>> methods, T value, string name) =>
        methods.TryGetValue(name, out var method) ? new Callable(name, (run, arguments) => method(run, value, arguments)) : null;

    private static TemplateException Missing(Run run, object? value, string name, string why) => run.Fail($"the method .{name} of {ValueText.TypeOf(value)} {why}");

    private static string Strip(Run run, string name, string text, Arguments arguments, bool atStart, bool atEnd) =>
        run.Made(TextPoints.Strip(text, arguments.Bind(run, name, 0, "chars").TextOrNone(0), atStart, atEnd));

    private static IEnumerable<string> Ends(Run run, string name, Arguments arguments)
    {
        object? part = arguments.Bind(run, name, 1, "prefix")[0];
        if (part is string text) return [text];
        if (part is TemplateList { Kind: ListKind.Tuple } several && several.Items.All(static item => item is string)) return several.Items.Cast<string>();
        throw run.Fail($"{name} takes a text or a tuple of texts, not {ValueText.TypeOf(part)}");
    }
}
