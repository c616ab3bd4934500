using System.Text.Json;

namespace Graft.Models;

/// <summary>Reads and writes the small JSON files of a model's folder.</summary>
public static class JsonFile
{
    private const long LongestFile = 64L << 20;

    private static ReadOnlySpan<byte> Whitespace => " \t\r\n"u8;

    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        NewLine = "\n",
        // class names in any script stay readable; the files are never embedded in HTML
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a file that holds one object.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing, no JSON, or not one object.</exception>
    public static JsonObjectReader Read(string path)
    {
        using var file = CheckpointFile.Open(path);
        if (file.Length > LongestFile) throw file.Fail($"a file of {file.Length} bytes is no model's description");
        return Parse(file.Read(0, (int)file.Length), path);
    }

    /// <summary>As <see cref="Read"/>, from bytes that <paramref name="name"/> names.</summary>
    /// <param name="json">The file's bytes, UTF-8.</param>
    /// <param name="name">What complaints call them.</param>
    /// <exception cref="CheckpointException">They are no JSON, or not one object.</exception>
    public static JsonObjectReader Parse(ReadOnlyMemory<byte> json, string name)
    {
        if (json.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF])) json = json[3..];
        try
        {
            using var document = JsonDocument.Parse(json);
            RequireValidTexts(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonObjectReader(document.RootElement.Clone(), name)
                : throw new CheckpointException(name, "is no JSON object of named settings");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(name, $"is no JSON ({Printable.Text(exception.Message)})", exception);
        }
    }

    /// <summary>Reads a file that holds a list of objects.</summary>
    /// <exception cref="CheckpointException">The file is missing, no JSON, or no such list.</exception>
    internal static IReadOnlyList<JsonObjectReader> ReadList(string path)
    {
        const string Items = "items";
        using var file = CheckpointFile.Open(path);
        if (file.Length > LongestFile) throw file.Fail($"a file of {file.Length} bytes is no model's description");
        byte[] list = file.Read(0, (int)file.Length);
        if (!list.AsSpan().TrimStart(Whitespace).StartsWith("["u8)) throw new CheckpointException(path, "is no JSON list");
        var whole = Parse((byte[])[.. "{\"items\": "u8, .. list, .. "}"u8], path);
        return
        [
            .. whole.Element.GetProperty(Items).EnumerateArray().Select((item, number) => item.ValueKind == JsonValueKind.Object
                ? new JsonObjectReader(item, path, $"[{number}]") : throw new CheckpointException(path, $"'[{number}]' is {Printable.Text(item.GetRawText())}, not an object")),
        ];
    }

    /// <summary>The bytes of a list of objects.</summary>
    internal static byte[] FormatList(params IReadOnlyList<Action<Utf8JsonWriter>> items)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            writer.WriteStartArray();
            foreach (var members in items)
            {
                writer.WriteStartObject();
                members(writer);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Writes one object, indented, by way of a file beside it: an interrupted write leaves the old file whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="members">Writes the object's members.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<Utf8JsonWriter> members)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => stream.Write(Format(members)));
    }

    /// <summary>The bytes that <see cref="Write"/> writes.</summary>
    /// <param name="members">Writes the object's members.</param>
    public static byte[] Format(Action<Utf8JsonWriter> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Writes members as they were read.</summary>
    /// <param name="writer">What writes the object.</param>
    /// <param name="members">What <see cref="JsonObjectReader.Others"/> gave.</param>
    public static void WriteMembers(this Utf8JsonWriter writer, IReadOnlyDictionary<string, JsonElement> members)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(members);
        foreach (var (name, value) in members)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }
    }

    /// <summary>A text as a member's value.</summary>
    internal static JsonElement Text(string text)
    {
        using var document = JsonDocument.Parse(Format(writer => writer.WriteString("text", text)));
        return document.RootElement.GetProperty("text").Clone();
    }

    /// <summary>A whole number as a member's value.</summary>
    internal static JsonElement Number(int number)
    {
        using var document = JsonDocument.Parse(Format(writer => writer.WriteNumber("number", number)));
        return document.RootElement.GetProperty("number").Clone();
    }

    /// <summary>Decodes every text, which the reader does only when it is asked for one; it goes no deeper than the reader itself.</summary>
    /// <exception cref="InvalidOperationException">A name or text is no valid UTF-8, or half of a pair of surrogates.</exception>
    private static void RequireValidTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    RequireValidTexts(member.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) RequireValidTexts(item);
                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }
}
