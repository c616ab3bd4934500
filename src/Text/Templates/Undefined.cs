namespace Graft.Text.Templates;

/// <summary>What has no value: as text it is empty, as a condition false, as a list empty; whatever else is done with it fails.</summary>
/// <param name="problem">Why it has none: "'x' is undefined".</param>
internal sealed class Undefined(string problem)
{
    public string Problem => problem;
}

/// <summary>Named values that an assignment may change from within a loop.</summary>
internal sealed class Namespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>What can be called: a function, a method of a value, a macro.</summary>
internal sealed class Callable(string name, Func<Run, Arguments, object?> call)
{
    public string Name => name;

    public object? Call(Run run, Arguments arguments) => call(run, arguments);
}
