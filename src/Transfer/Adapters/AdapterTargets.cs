using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>The layers that get an adapter, by PEFT's rule for <c>target_modules</c>: names, a regular expression, or all linear
/// layers.</summary>
public sealed class AdapterTargets
{
    private const string AllLinearWord = "all-linear";

    private readonly NamePattern? pattern;

    private AdapterTargets(IReadOnlyList<string> names, string? pattern, bool isAllLinear)
    {
        Names = names;
        Pattern = pattern;
        IsAllLinear = isAllLinear;
        if (pattern is not null) this.pattern = new NamePattern(pattern);
    }

    /// <summary>Every linear layer that is not in a module to save (<c>all-linear</c>).</summary>
    public static AdapterTargets AllLinear { get; } = new([], null, isAllLinear: true);

    /// <summary>The keys, or their last names; empty where a pattern chooses.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The regular expression; null where names choose.</summary>
    public string? Pattern { get; }

    /// <summary>Whether these are all linear layers.</summary>
    public bool IsAllLinear { get; }

    /// <summary>The layers of these keys, or whose keys end with '.' and one of them: <c>query</c>, <c>output.dense</c>.</summary>
    /// <param name="names">The keys or their last names.</param>
    public static AdapterTargets Named(params IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return new([.. names], null, isAllLinear: false);
    }

    /// <summary>The layers whose whole keys a regular expression fits: <c>.*layer\.[01]\..*\.(query|value)</c>.</summary>
    /// <param name="pattern">The expression.</param>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    public static AdapterTargets Matching(string pattern)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        return new([], pattern, isAllLinear: false);
    }

    /// <summary>The names or the pattern.</summary>
    public override string ToString() => IsAllLinear ? AllLinearWord : Pattern ?? string.Join(", ", Names);

    /// <summary>Whether a key is one of them.</summary>
    /// <exception cref="ArgumentException">The expression takes too long.</exception>
    internal bool Matches(string key) => pattern is not null ? pattern.Matches(key) : Names.Any(name => IsNamed(key, name));

    /// <summary>Whether a key is a name or ends with '.' and it.</summary>
    internal static bool IsNamed(string key, string name) =>
        key.EndsWith(name, StringComparison.Ordinal) && (key.Length == name.Length || key[^(name.Length + 1)] == '.');

    /// <summary>Reads a member that is a list of names or an expression; null where it is absent.</summary>
    /// <exception cref="CheckpointException">It is something else.</exception>
    internal static AdapterTargets? Read(JsonObjectReader json, string name)
    {
        if (!json.TryGet(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Array) return Named(json.Texts(name)!);
        if (value.ValueKind != JsonValueKind.String) throw json.Wrong(name, value, "a list of names or a regular expression");
        string text = value.GetString()!;
        if (text == AllLinearWord) return AllLinear;
        try
        {
            return Matching(text);
        }
        catch (ArgumentException exception)
        {
            throw json.Wrong(name, Printable.Text(exception.Message), exception);
        }
    }

    internal static void Write(Utf8JsonWriter json, string name, AdapterTargets targets)
    {
        if (targets.IsAllLinear || targets.Pattern is not null)
        {
            json.WriteString(name, targets.ToString());
            return;
        }
        json.WriteStartArray(name);
        foreach (string target in targets.Names) json.WriteStringValue(target);
        json.WriteEndArray();
    }
}
