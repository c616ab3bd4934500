using System.Text.Json;

namespace Graft.Models;

/// <summary>The members of one JSON object, read as the types they should have; every complaint names the file and the member.</summary>
internal readonly struct JsonObjectReader(JsonElement element, string file, string path = "")
{
    public JsonElement Element => element;

    /// <summary>A member that is there and not null.</summary>
    public bool TryGet(string name, out JsonElement value) =>
        element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    public string? Text(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, value, "a text");
    }

    public bool? Flag(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, value, "true or false");
    }

    public int? Integer(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(name, value, "a whole number");
    }

    public ulong? Unsigned(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) ? number : throw Wrong(name, value, "a whole number from 0");
    }

    public double? Number(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(name, value, "a number");
    }

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

    public IReadOnlyList<string>? Texts(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, value, "a list of names");
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name, value, "a list of names"));
        return texts;
    }

    public JsonObjectReader? Object(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Object) throw Wrong(name, value, "an object");
        return new JsonObjectReader(value, file, Join(name));
    }

    /// <summary>The members that are none of <paramref name="known"/>, to be written back untouched.</summary>
    public IReadOnlyDictionary<string, JsonElement> Others(params IEnumerable<string> known)
    {
        var others = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var names = known.ToHashSet(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
            if (!names.Contains(member.Name)) others[member.Name] = member.Value.Clone();
        return others;
    }

    /// <summary>The complaint that a member which has to be there is not.</summary>
    public CheckpointException Missing(string name) => Wrong(name, "is missing");

    /// <summary>A complaint about one member.</summary>
    public CheckpointException Wrong(string name, string problem, Exception? cause = null) => new(file, $"'{Join(name)}' {problem}", cause);

    /// <summary>A complaint about what one member is.</summary>
    public CheckpointException Wrong(string name, JsonElement value, string expected) =>
        Wrong(name, $"is {Printable.Text(value.GetRawText())}, not {expected}");

    /// <summary>A complaint about the whole file.</summary>
    public CheckpointException Fail(string problem) => new(file, problem);

    private string Join(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
