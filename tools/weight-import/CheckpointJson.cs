using System.Text.Json;
using Graft.CommandLine;

namespace Graft.WeightImport;

/// <summary>A checkpoint as JSON for scripts.</summary>
internal static class CheckpointJson
{
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
        json.WriteTexts("foreignNames", checkpoint.ForeignNames);
    }
}
