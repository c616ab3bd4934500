using System.Text.Json;

namespace Graft.Text.Tokenisers;

/// <summary>One kind of component of a <c>tokenizer.json</c>: how each of its types is read, a row a type.</summary>
/// <typeparam name="T">What is made.</typeparam>
/// <param name="what">What a component is called in complaints.</param>
/// <param name="rows">The types.</param>
internal sealed class Components<T>(string what, Dictionary<string, Func<Component, T>> rows) where T : class
{
    /// <summary>Reads a member; null where it is absent.</summary>
    public T? Read(Component parent, string name) => parent.Inner(name) is { } component ? Read(component) : null;

    /// <summary>Reads a list of them.</summary>
    public IReadOnlyList<T> ReadAll(Component parent, string name) => [.. parent.All(name).Select(Read)];

    private T Read(Component component)
    {
        string type = component.Json.Text("type") ?? throw component.Json.Missing("type");
        return rows.TryGetValue(type, out var make)
            ? make(component)
            : throw component.Json.Wrong("type", $"is {Printable.Text(type)}, a {what} that is not known here; known are {string.Join(", ", rows.Keys)}");
    }
}

/// <summary>One object of a <c>tokenizer.json</c> and the file it stands in.</summary>
internal readonly record struct Component(JsonObjectReader Json, string File, string Path)
{
    public Component? Inner(string name) => Json.Object(name) is { } inner ? new Component(inner, File, Join(name)) : null;

    /// <summary>The objects of a list that has to be there.</summary>
    public IEnumerable<Component> All(string name)
    {
        if (!Json.TryGet(name, out var list)) throw Json.Missing(name);
        if (list.ValueKind != JsonValueKind.Array) throw Json.Wrong(name, list, "a list");
        int index = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object) throw Json.Wrong(name, item, "an object");
            string path = $"{Join(name)}[{index++}]";
            yield return new Component(new JsonObjectReader(item, File, path), File, path);
        }
    }

    public string Text(string name) => Json.Text(name) ?? throw Json.Missing(name);

    public int Integer(string name) => Json.Integer(name) ?? throw Json.Missing(name);

    /// <summary>A text of one unit.</summary>
    public char Sign(string name, char usual)
    {
        string? text = Json.Text(name);
        return text is null ? usual : text.Length == 1 ? text[0] : throw Json.Wrong(name, $"is '{Printable.Text(text)}', not one character");
    }

    /// <summary>A pattern: a text, or an object with one as String or Regex.</summary>
    public TextPattern Pattern(string name)
    {
        if (!Json.TryGet(name, out var value)) throw Json.Missing(name);
        if (value.ValueKind == JsonValueKind.String) return new LiteralPattern(value.GetString()!);
        var inner = Inner(name)!.Value;
        if (inner.Json.Text("String") is { } literal) return new LiteralPattern(literal);
        string expression = inner.Text("Regex");
        try
        {
            return new ExpressionPattern(expression);
        }
        catch (ArgumentException exception)
        {
            throw inner.Json.Wrong("Regex", $"is an expression that is not understood here ({Printable.Text(exception.Message)})", exception);
        }
    }

    /// <summary>One of an enumeration's names.</summary>
    public T Choice<T>(string name, T? usual = null) where T : struct, Enum
    {
        if (Json.Text(name) is not { } text) return usual ?? throw Json.Missing(name);
        foreach (var value in Enum.GetValues<T>())
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase)) return value;
        throw Json.Wrong(name, $"is {Printable.Text(text)}; known are {string.Join(", ", Enum.GetNames<T>())}");
    }

    private string Join(string name) => Path.Length == 0 ? name : $"{Path}.{name}";
}
