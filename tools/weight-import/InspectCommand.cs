using System.CommandLine;
using Graft.CommandLine;

namespace Graft.WeightImport;

/// <summary><c>weight-import inspect FILE</c>: every tensor of a checkpoint, and its metadata.</summary>
internal static class InspectCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A checkpoint of any format (safetensors, PyTorch, Keras, TFLite, NumPy, word vectors), or a folder that holds one." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("inspect", "Lists every tensor (key, type, shape), the metadata, and the names of Python's that were not run.") { file, json };
        var selection = new SelectionOptions(command);
        command.SetAction(parsed =>
        {
            using var checkpoint = Checkpoint.Open(parsed.GetRequiredValue(file));
            var output = parsed.InvocationConfiguration.Output;
            var tensors = selection.Select(parsed, checkpoint);
            if (parsed.GetValue(json)) WriteJson(output, checkpoint, tensors);
            else WriteTable(output, checkpoint, tensors);
            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(TextWriter output, Checkpoint checkpoint, IReadOnlyList<StoredTensor> tensors) => JsonOutput.Write(output, json =>
    {
        json.WriteSummary(checkpoint, tensors);
        json.WriteStartArray("tensors");
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("key", tensor.Key);
            json.WriteString("type", tensor.TypeName);
            json.WriteStartArray("shape");
            foreach (long length in tensor.Lengths) json.WriteNumberValue(length);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("unknownTensors");
        foreach (var unknown in checkpoint.UnknownTensors)
        {
            json.WriteStartObject();
            json.WriteString("key", unknown.Path);
            json.WriteString("madeThrough", unknown.Name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static void WriteTable(TextWriter output, Checkpoint checkpoint, IReadOnlyList<StoredTensor> tensors)
    {
        Tables.Write(output, ["key", "type", "shape"], tensors.Select(IReadOnlyList<string> (tensor) =>
            [Printable.Text(tensor.Key), Printable.Text(tensor.TypeName), $"[{string.Join(", ", tensor.Lengths)}]"]));
        foreach (var (name, text) in checkpoint.Metadata) output.WriteLine($"{Printable.Text(name)}: {Printable.Text(text)}");
        if (checkpoint.ForeignNames.Count > 0)
            output.WriteLine($"names that were not run or built: {string.Join(", ", checkpoint.ForeignNames.Select(Printable.Text))}");
        foreach (var unknown in checkpoint.UnknownTensors)
            output.WriteLine($"not read: {Printable.Text(unknown.Path)}, a tensor made through {Printable.Text(unknown.Name)}");
        output.WriteLine($"{checkpoint.Format}: {Totals.Of(tensors)}");
    }
}
