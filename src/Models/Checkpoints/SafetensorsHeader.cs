using System.Text.Json;

namespace Graft.Models;

/// <summary>The header of a safetensors file, checked against the bytes that follow it: each tensor fits its shape, and the
/// tensors fill the rest of the file without gap or overlap.</summary>
internal sealed class SafetensorsHeader
{
    private const int MostAxes = 64;

    private readonly CheckpointFile file;
    private readonly long dataStart;
    private readonly List<Entry> entries = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(CheckpointFile file, long dataStart)
    {
        this.file = file;
        this.dataStart = dataStart;
    }

    public IReadOnlyDictionary<string, string> Metadata => metadata;

    public IReadOnlyList<StoredTensor> Tensors { get; private set; } = [];

    public static SafetensorsHeader Parse(CheckpointFile file, ReadOnlySpan<byte> json)
    {
        var header = new SafetensorsHeader(file, 8 + json.Length);
        try
        {
            header.ParseObject(new Utf8JsonReader(json));
        }
        // The reader throws the latter where a text is no valid UTF-8 or a number is of another kind.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw file.Fail($"damaged: its header is no valid JSON ({Printable.Text(exception.Message)}); fetch it again", exception);
        }
        header.Place();
        return header;
    }

    private void ParseObject(Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            if (!seen.Add(key)) throw file.Fail($"damaged: two tensors have the key '{Printable.Text(key)}'; fetch it again");
            if (key == "__metadata__") ParseMetadata(ref reader);
            else entries.Add(ParseTensor(ref reader, key));
        }
        // Spaces may follow, for alignment; the reader itself refuses anything else.
        while (reader.Read())
        {
        }
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String);
            metadata[name] = reader.GetString()!;
        }
    }

    private Entry ParseTensor(ref Utf8JsonReader reader, string key)
    {
        string? type = null;
        long[]? lengths = null;
        (long Begin, long End)? range = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            switch (name)
            {
                case "dtype":
                    Expect(ref reader, JsonTokenType.String);
                    type = reader.GetString()!;
                    break;
                case "shape":
                    lengths = ParseShape(ref reader, key);
                    break;
                case "data_offsets":
                    Expect(ref reader, JsonTokenType.StartArray);
                    Expect(ref reader, JsonTokenType.Number);
                    long begin = reader.GetInt64();
                    Expect(ref reader, JsonTokenType.Number);
                    range = (begin, reader.GetInt64());
                    Expect(ref reader, JsonTokenType.EndArray);
                    break;
                default:
                    throw Wrong(key, $"has the unknown property '{Printable.Text(name)}'; fetch the file again");
            }
        }
        return type is null || lengths is null || range is null
            ? throw Wrong(key, "lacks its dtype, shape or data_offsets; fetch the file again")
            : new Entry(key, type, lengths, range.Value.Begin, range.Value.End);
    }

    private long[] ParseShape(ref Utf8JsonReader reader, string key)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var lengths = new List<long>();
        while (Next(ref reader) == JsonTokenType.Number)
        {
            if (lengths.Count == MostAxes) throw Wrong(key, $"has more than {MostAxes} axes");
            lengths.Add(reader.GetInt64());
        }
        if (reader.TokenType != JsonTokenType.EndArray) throw new JsonException("a shape has to be an array of numbers");
        return StoredShape.Problem([.. lengths]) is { } problem ? throw Wrong(key, problem) : [.. lengths];
    }

    private void Place()
    {
        // In the order of the bytes; empty tensors stay where the header has them.
        var ordered = entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End).ToList();
        long length = file.Length - dataStart;
        long end = 0;
        var tensors = new List<StoredTensor>(ordered.Count);
        foreach (var entry in ordered)
        {
            bool isRead = ElementTypes.TryFromSafetensors(entry.Type, out var type);
            long bytes = isRead ? entry.ElementCount * type.Size() : entry.End - entry.Begin;
            if (entry.Begin < 0 || entry.End < entry.Begin)
                throw Wrong(entry.Key, $"lies at the impossible bytes {entry.Begin} to {entry.End}; fetch the file again");
            if (entry.End > length)
                throw Wrong(entry.Key, $"ends at byte {entry.End} of the data, of which there are {length}: truncated; fetch the file again");
            if (entry.End - entry.Begin != bytes)
                throw Wrong(entry.Key, $"{type.Name()} [{string.Join(", ", entry.Lengths)}] needs {bytes} bytes but has {entry.End - entry.Begin}; "
                    + "fetch the file again");
            if (entry.Begin != end)
                throw Wrong(entry.Key, $"starts at byte {entry.Begin} of the data, where {end} was due: "
                    + "tensors overlap or leave a gap; fetch the file again");
            end = entry.End;
            string? what = isRead ? StoredShape.TooManyAxes(entry.Lengths) : $"of the type '{Printable.Text(entry.Type)}'";
            tensors.Add(new StoredTensor(entry.Key, what is null
                ? new StoredElements(file, dataStart + entry.Begin, type, StoredShape.Of(entry.Lengths))
                : StoredElements.Listed(file, isRead ? type.Name() : entry.Type, entry.Lengths, what)));
        }
        if (end != length) throw file.Fail($"damaged: its tensors end at byte {end} of the data, of which there are {length}; fetch it again");
        Tensors = tensors;
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("the JSON ends too early");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (Next(ref reader) != token) throw new JsonException($"{token} expected, {reader.TokenType} found at byte {reader.TokenStartIndex}");
    }

    private CheckpointException Wrong(string key, string problem) => file.Fail($"tensor '{Printable.Text(key)}' {problem}");

    private readonly record struct Entry(string Key, string Type, long[] Lengths, long Begin, long End)
    {
        public long ElementCount => Lengths.Aggregate(1L, static (count, length) => count * length);
    }
}
