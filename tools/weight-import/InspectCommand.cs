using System.CommandLine;
using Graft.Models;
using Spectre.Console;

namespace Graft.WeightImport;

/// <summary><c>weight-import inspect FILE</c>: every tensor of a checkpoint, and its metadata.</summary>
internal static class InspectCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A safetensors file, a PyTorch checkpoint, or a folder that holds one." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("inspect", "Lists every tensor (key, type, shape) and the metadata.") { file, json };
        command.SetAction(parsed =>
        {
            using var checkpoint = Checkpoint.Open(parsed.GetRequiredValue(file));
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) WriteJson(output, checkpoint);
            else WriteTable(output, checkpoint);
            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(TextWriter output, Checkpoint checkpoint) => JsonOutput.Write(output, json =>
    {
        json.WriteSummary(checkpoint);
        json.WriteStartArray("tensors");
        foreach (var tensor in checkpoint.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("key", tensor.Key);
            json.WriteString("type", tensor.ElementType.Name());
            json.WriteStartArray("shape");
            foreach (int length in tensor.Shape) json.WriteNumberValue(length);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static void WriteTable(TextWriter output, Checkpoint checkpoint)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("key").AddColumn("type").AddColumn("shape");
        foreach (var tensor in checkpoint.Tensors)
            table.AddRow(new Text(Printable.Text(tensor.Key)), new Text(tensor.ElementType.Name()), new Text(tensor.Shape.ToString()));
        PlainConsole.Of(output).Write(table);
        foreach (var (name, text) in checkpoint.Metadata) output.WriteLine($"{Printable.Text(name)}: {Printable.Text(text)}");
        output.WriteLine($"{checkpoint.Format}: {Totals.Of(checkpoint)}");
    }
}
