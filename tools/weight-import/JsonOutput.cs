using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.WeightImport;

/// <summary>Writes the one object that <c>--json</c> puts on standard output.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(TextWriter output, Action<Utf8JsonWriter> content)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }

    /// <summary>The properties that both commands give of a checkpoint.</summary>
    public static void WriteSummary(this Utf8JsonWriter json, Checkpoint checkpoint, IReadOnlyList<StoredTensor> tensors)
    {
        var totals = Totals.Of(tensors);
        json.WriteString("file", checkpoint.Path);
        json.WriteString("format", checkpoint.Format);
        json.WriteNumber("fileBytes", checkpoint.ByteCount);
        json.WriteNumber("tensorCount", totals.Tensors);
        json.WriteNumber("elements", totals.Elements);
        json.WriteNumber("parameters", totals.Parameters);
        json.WriteNumber("tensorBytes", totals.Bytes);
        json.WriteStartObject("metadata");
        foreach (var (name, text) in checkpoint.Metadata) json.WriteString(name, text);
        json.WriteEndObject();
        json.WriteStartArray("foreignNames");
        foreach (string name in checkpoint.ForeignNames) json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
