namespace Graft.Text.Templates;

/// <summary>What a call gives: values by their place and by their name.</summary>
internal sealed class Arguments(IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?>? named = null)
{
    private static readonly Dictionary<string, object?> NoNames = [];

    public static readonly Arguments None = new([]);

    public IReadOnlyList<object?> Values => values;

    public IReadOnlyDictionary<string, object?> Named => named ?? NoNames;

    /// <summary>The same without the first few values.</summary>
    public Arguments After(int count) => new([.. values.Skip(count)], named);

    /// <summary>The values of a callee's parameters.</summary>
    /// <param name="run">What complains.</param>
    /// <param name="owner">The callee, as complaints call it.</param>
    /// <param name="required">How many of them have to be given.</param>
    /// <param name="names">The parameters.</param>
    public Bound Bind(Run run, string owner, int required, params string[] names)
    {
        if (values.Count > names.Length) throw run.Fail($"{owner} takes at most {names.Length} values, not {values.Count}");
        var bound = new object?[names.Length];
        Array.Fill(bound, Bound.Absent);
        for (int i = 0; i < values.Count; i++) bound[i] = values[i];
        foreach (var (name, value) in Named)
        {
            int at = Array.IndexOf(names, name);
            if (at < 0) throw run.Fail($"{owner} has no parameter '{Printable.Text(name)}'");
            if (bound[at] != Bound.Absent) throw run.Fail($"{owner} is given '{name}' twice");
            bound[at] = value;
        }
        for (int i = 0; i < required; i++)
            if (bound[i] == Bound.Absent) throw run.Fail($"{owner} lacks its '{names[i]}'");
        return new Bound(run, owner, names, bound);
    }
}

/// <summary>The values of a callee's parameters.</summary>
internal sealed class Bound(Run run, string owner, string[] names, object?[] values)
{
    public static readonly object Absent = new();

    public bool Has(int place) => values[place] != Absent;

    public object? this[int place] => Has(place) ? values[place] : null;

    /// <summary>A text; <paramref name="standard"/> where none is given.</summary>
    public string Text(int place, string standard = "") => !Has(place) ? standard : values[place] as string ?? throw Wrong(place, "a text");

    /// <summary>A text, or null for none or nothing.</summary>
    public string? TextOrNone(int place) => !Has(place) || values[place] is null ? null : Text(place);

    public long Whole(int place, long standard) => !Has(place) ? standard : ValueRules.WholeOf(values[place]) ?? throw Wrong(place, "a whole number");

    public bool Flag(int place) => Has(place) && ValueRules.IsTrue(values[place]);

    private TemplateException Wrong(int place, string expected) => run.Fail($"{owner} takes {expected} as its '{names[place]}', not {ValueText.TypeOf(values[place])}");
}
