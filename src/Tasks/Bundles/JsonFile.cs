using System.Text.Json;
using Graft.Models;

namespace Graft.Tasks;

/// <summary>Reads and writes the small JSON files of a saved model's folder.</summary>
internal static class JsonFile
{
    private const long MaximumBytes = 64L << 20;

    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        NewLine = "\n",
        // class names in any script stay readable; the files are never embedded in HTML
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a file whose whole is one object; <paramref name="read"/> must not keep parts of it unless cloned.</summary>
    /// <exception cref="BundleException">The file is missing, not JSON, or not one object.</exception>
    public static T Read<T>(string path, Func<JsonObjectReader, T> read)
    {
        byte[] bytes;
        try
        {
            if (!File.Exists(path)) throw new BundleException($"{path}: there is no such file");
            if (new FileInfo(path).Length > MaximumBytes)
                throw new BundleException($"{path}: a file of more than {MaximumBytes >> 20} MB is no model's description");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException and not BundleException or UnauthorizedAccessException)
        {
            throw new BundleException($"{path}: cannot be read ({exception.Message})", exception);
        }
        return Parse(bytes, path, read);
    }

    /// <summary>As <see cref="Read"/>, from bytes that <paramref name="name"/> names.</summary>
    public static T Parse<T>(ReadOnlyMemory<byte> bytes, string name, Func<JsonObjectReader, T> read)
    {
        if (bytes.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(bytes);
            JsonTexts.RequireValid(document.RootElement);
        }
        catch (JsonException exception)
        {
            document?.Dispose();
            throw new BundleException($"{name}: is not JSON ({Printable.Text(exception.Message)})", exception);
        }
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new BundleException($"{name}: is {Describe(document.RootElement)}, not an object of named settings");
            return read(new JsonObjectReader(document.RootElement, name));
        }
    }

    /// <summary>Writes one object, indented, by way of a file beside it: an interrupted write leaves the old file whole.</summary>
    public static void Write(string path, Action<Utf8JsonWriter> members)
    {
        string temporary = path + ".partial";
        File.WriteAllBytes(temporary, Format(members));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The bytes that <see cref="Write"/> writes.</summary>
    public static byte[] Format(Action<Utf8JsonWriter> members)
    {
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

    public static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => $"the number {element.GetRawText()}",
        JsonValueKind.Undefined => "nothing",
        _ => element.GetRawText(),
    };
}
