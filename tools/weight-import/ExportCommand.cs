using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Graft.CommandLine;
using Graft.Onnx;

namespace Graft.WeightImport;

/// <summary><c>weight-import export FOLDER --to OUT.onnx</c>: a model as an ONNX file.</summary>
internal static class ExportCommand
{
    private const string Dynamic = "dynamic";

    public static Command Make()
    {
        var folder = new Argument<string?>("FOLDER")
        {
            Description = "A saved classifier, or a folder of Hugging Face's with config.json and the weights.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var to = new Option<string>("--to") { Description = "The ONNX file to write.", Required = true, HelpName = "OUT.onnx" };
        var model = new Option<string?>("--model") { Description = "Instead of a folder an architecture's name: resnet18 ...", HelpName = "NAME" };
        var weights = new Option<string?>("--weights") { Description = "The architecture's weights, with --model.", HelpName = "FILE" };
        var imageSize = new Option<string?>("--image-size") { Description = "The size of pictures; that of the model's preprocessing where it is not given.", HelpName = "N|HxW" };
        var batch = new Option<string>("--batch")
        {
            Description = "dynamic for any number of images or sequences, or a number.",
            HelpName = "dynamic|N",
            DefaultValueFactory = _ => Dynamic,
        };
        var opset = new Option<int>("--opset")
        {
            Description = $"The version of ONNX's operators, {OnnxExportOptions.LowestOpset} to {OnnxExportOptions.HighestOpset}.",
            HelpName = "N",
            DefaultValueFactory = _ => OnnxExportOptions.LowestOpset,
        };
        var external = new Option<bool>("--external-data") { Description = "Write the numbers into a file beside it, OUT.onnx.data, as above 2 GB." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("export", "Writes a model as an ONNX file that ONNX Runtime and others run.")
        {
            folder, to, model, weights, imageSize, batch, opset, external, json,
        };
        command.SetAction((parsed, interrupt) =>
        {
            string target = parsed.GetRequiredValue(to);
            TargetFile.Require(target);
            if (!target.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)) throw new WrongInputException($"--to {Printable.Text(target)}: the file has to end in .onnx");
            int? images = Count(parsed.GetRequiredValue(batch));
            int version = parsed.GetValue(opset);
            if (version is < OnnxExportOptions.LowestOpset or > OnnxExportOptions.HighestOpset)
                throw new WrongInputException($"--opset {version}: {OnnxExportOptions.LowestOpset} to {OnnxExportOptions.HighestOpset} are written");
            var options = new OnnxExportOptions
            {
                Opset = version,
                HasDynamicBatch = images is null,
                BatchSize = images ?? 1,
                HasExternalData = parsed.GetValue(external),
            };
            var size = Size(parsed.GetValue(imageSize));
            using var source = ExportSource.Open(parsed.GetValue(folder), parsed.GetValue(model), parsed.GetValue(weights));
            var (report, check) = Export(source, size, target, options, interrupt);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) JsonOutput.Write(output, writer => WriteJson(writer, source, report, check));
            else WriteTable(output, source, report, check);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static (OnnxExportReport Report, ExportCheck? Check) Export(ExportSource source, ImageSize? size, string target, OnnxExportOptions options, CancellationToken interrupt)
    {
        try
        {
            return source.Write(size, target, options, interrupt);
        }
        catch (NotSupportedException exception)
        {
            throw new WorkFailedException(exception.Message, exception);
        }
    }

    private static int? Count(string batch)
    {
        if (batch == Dynamic) return null;
        return int.TryParse(batch, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? count : throw new WrongInputException($"--batch '{Printable.Text(batch)}' is neither {Dynamic} nor a number from 1");
    }

    private static ImageSize? Size(string? text)
    {
        if (text is null) return null;
        string[] sides = text.Split('x');
        if (sides.Length > 2 || !Array.TrueForAll(sides, static side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length > 0))
            throw new WrongInputException($"--image-size '{Printable.Text(text)}' is neither a side such as 224 nor height x width such as 224x160");
        return new ImageSize(int.Parse(sides[0], CultureInfo.InvariantCulture), int.Parse(sides[^1], CultureInfo.InvariantCulture));
    }

    private static void WriteTable(TextWriter output, ExportSource source, OnnxExportReport report, ExportCheck? check)
    {
        Tables.Write(output, ["operator", "nodes"], report.Operators.Select(static count => (IReadOnlyList<string>)[count.Key, Tables.Count(count.Value)]));
        foreach (string input in report.Inputs) output.WriteLine($"input: {Printable.Text(input)}");
        foreach (string name in report.Outputs) output.WriteLine($"output: {Printable.Text(name)}");
        foreach (string note in report.Notes) output.WriteLine($"note: {Printable.Text(note)}");
        if (check is not null) output.WriteLine(check.Summary);
        output.WriteLine(
            $"{Printable.Text(report.Path)}: {Printable.Text(source.Name)}, opset {Tables.Count(report.Opset)}, {Tables.Count(report.Operators.Values.Sum())} nodes, "
            + $"{Tables.Count(report.Initialisers)} tensors, {Tables.Count(report.Parameters)} numbers, {Tables.Count(report.Bytes)} bytes");
    }

    private static void WriteJson(Utf8JsonWriter json, ExportSource source, OnnxExportReport report, ExportCheck? check)
    {
        json.WriteString("model", source.Name);
        json.WriteString("writtenTo", report.Path);
        json.WriteNumber("writtenBytes", report.Bytes);
        json.WriteNumber("opset", report.Opset);
        json.WriteTexts("inputs", report.Inputs);
        json.WriteTexts("outputs", report.Outputs);
        json.WriteNumber("tensors", report.Initialisers);
        json.WriteNumber("numbers", report.Parameters);
        json.WriteStartObject("operators");
        foreach (var (type, count) in report.Operators) json.WriteNumber(type, count);
        json.WriteEndObject();
        json.WriteTexts("notes", report.Notes);
        json.WriteFigure("largestDifference", check?.Largest);
    }
}
