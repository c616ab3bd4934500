using System.Text.Json;

namespace Graft.Models;

/// <summary>The members of one JSON object, read as the types they should have; every complaint names the file and the member. A member that
/// is absent or null reads as null.</summary>
/// <param name="element">The object.</param>
/// <param name="file">The file that complaints name.</param>
/// <param name="path">The object's path within the file, <c>a.b</c>; empty for the whole.</param>
/// <remarks><see cref="JsonFile.Read"/> makes one. Any number of threads may read.</remarks>
#pragma warning disable CA1720 // a member is named by the type that it reads
public readonly struct JsonObjectReader(JsonElement element, string file, string path = "")
{
    /// <summary>The object itself.</summary>
    public JsonElement Element => element;

    /// <summary>A member that is there and not null.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGet(string name, out JsonElement value) =>
        element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A text.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public string? Text(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, value, "a text");
    }

    /// <summary>True or false.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public bool? Flag(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, value, "true or false");
    }

    /// <summary>A 32-bit integer.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public int? Integer(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(name, value, "a whole number");
    }

    /// <summary>An unsigned 64-bit integer: a seed.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public ulong? Unsigned(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) ? number : throw Wrong(name, value, "a whole number from 0");
    }

    /// <summary>A finite number.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public double? Number(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(name, value, "a number");
    }

    /// <summary>A list of numbers.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public IReadOnlyList<double>? Numbers(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, value, "a list of numbers");
        var numbers = new List<double>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetDouble(out double number)) throw Wrong(name, item, "a list of numbers");
            numbers.Add(number);
        }
        return numbers;
    }

    /// <summary>A list of texts.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, value, "a list of names");
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name, value, "a list of names"));
        return texts;
    }

    /// <summary>An object within this one.</summary>
    /// <param name="name">The member's name.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public JsonObjectReader? Object(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Object) throw Wrong(name, value, "an object");
        return new JsonObjectReader(value, file, Join(name));
    }

    /// <summary>The members that are none of <paramref name="known"/>, to be written back untouched.</summary>
    /// <param name="known">The names of the members that are read.</param>
    public IReadOnlyDictionary<string, JsonElement> Others(params IEnumerable<string> known)
    {
        var others = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var names = known.ToHashSet(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
            if (!names.Contains(member.Name)) others[member.Name] = member.Value.Clone();
        return others;
    }

    /// <summary>The complaint that a member which has to be there is not.</summary>
    /// <param name="name">The member's name.</param>
    public CheckpointException Missing(string name) => Wrong(name, "is missing");

    /// <summary>A complaint about one member.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="problem">What is wrong, to follow the name: "is missing".</param>
    /// <param name="cause">What was thrown below it; null for nothing.</param>
    public CheckpointException Wrong(string name, string problem, Exception? cause = null) => new(file, $"'{Join(name)}' {problem}", cause);

    /// <summary>A complaint about what one member is.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="value">What it is.</param>
    /// <param name="expected">What it should be, after "not": "a whole number".</param>
    public CheckpointException Wrong(string name, JsonElement value, string expected) =>
        Wrong(name, $"is {Printable.Text(value.GetRawText())}, not {expected}");

    /// <summary>A complaint about the whole file.</summary>
    /// <param name="problem">What is wrong, to follow the file's name.</param>
    public CheckpointException Fail(string problem) => new(file, problem);

    private string Join(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
#pragma warning restore CA1720
