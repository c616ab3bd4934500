namespace Graft.Text.Templates;

/// <summary>Jinja's tests: what follows <c>is</c>.</summary>
internal static class ValueTests
{
    private static readonly Dictionary<string, Func<Run, object?, Arguments, bool>> All = new(StringComparer.Ordinal)
    {
        ["defined"] = static (_, value, _) => value is not Undefined,
        ["undefined"] = static (_, value, _) => value is Undefined,
        ["none"] = static (_, value, _) => value is null,
        ["boolean"] = static (_, value, _) => value is bool,
        ["true"] = static (_, value, _) => value is true,
        ["false"] = static (_, value, _) => value is false,
        ["integer"] = static (_, value, _) => value is long,
        ["float"] = static (_, value, _) => value is double,
        ["number"] = static (_, value, _) => value is long or double or bool,
        ["string"] = static (_, value, _) => value is string,
        ["mapping"] = static (_, value, _) => value is TemplateMap,
        ["sequence"] = static (_, value, _) => value is string or TemplateMap or TemplateList { IsSequence: true } or Undefined,
        ["iterable"] = static (_, value, _) => value is string or TemplateMap or TemplateList or Generated or Undefined or LoopState,
        ["callable"] = static (_, value, _) => value is Callable,
        ["odd"] = static (run, value, _) => Rest(run, value, 2) == 1,
        ["even"] = static (run, value, _) => Rest(run, value, 2) == 0,
        ["divisibleby"] = static (run, value, arguments) => Rest(run, value, arguments.Bind(run, "divisibleby", 1, "num").Whole(0, 1)) == 0,
        ["lower"] = static (run, value, _) => ValueText.Of(run, value) is var text && text.Any(char.IsLetter) && text == PythonStrings.Lower(text),
        ["upper"] = static (run, value, _) => ValueText.Of(run, value) is var text && text.Any(char.IsLetter) && text == TextPoints.Upper(text),
        ["in"] = static (run, value, arguments) => ValueRules.Contains(run, Other(run, "in", arguments), value),
        ["sameas"] = static (run, value, arguments) => Other(run, "sameas", arguments) is var other
            && (value is null or bool or Undefined ? Equals(value, other) : ReferenceEquals(value, other) || value is string or long && value.Equals(other)),
        ["filter"] = static (_, value, _) => value is string name && Filters.IsKnown(name),
        ["test"] = static (_, value, _) => value is string name && All!.ContainsKey(name),
        ["eq"] = static (run, value, arguments) => ValueRules.AreEqual(value, Other(run, "eq", arguments)),
        ["ne"] = static (run, value, arguments) => !ValueRules.AreEqual(value, Other(run, "ne", arguments)),
        ["lt"] = static (run, value, arguments) => ValueRules.Compare(run, value, Other(run, "lt", arguments)) < 0,
        ["le"] = static (run, value, arguments) => ValueRules.Compare(run, value, Other(run, "le", arguments)) <= 0,
        ["gt"] = static (run, value, arguments) => ValueRules.Compare(run, value, Other(run, "gt", arguments)) > 0,
        ["ge"] = static (run, value, arguments) => ValueRules.Compare(run, value, Other(run, "ge", arguments)) >= 0,
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["equalto"] = "eq",
        ["=="] = "eq",
        ["!="] = "ne",
        ["lessthan"] = "lt",
        ["<"] = "lt",
        ["<="] = "le",
        ["greaterthan"] = "gt",
        [">"] = "gt",
        [">="] = "ge",
    };

    /// <exception cref="TemplateException">There is no such test, or it cannot be made of the value.</exception>
    public static bool Apply(Run run, string name, object? value, Arguments arguments) =>
        All.TryGetValue(OtherNames.GetValueOrDefault(name, name), out var test) ? test(run, value, arguments) : throw run.Fail($"the test '{Printable.Text(name)}' is not supported here");

    private static object? Other(Run run, string name, Arguments arguments) => arguments.Bind(run, name, 1, "other")[0];

    private static long Rest(Run run, object? value, long divisor)
    {
        ValueRules.Require(run, value);
        return ValueRules.Binary(run, "%", value, divisor) is long rest ? rest : throw run.Fail($"{ValueText.TypeOf(value)} is not a whole number");
    }
}
