using System.Text;
using System.Text.Json;
using Graft.Autograd;
using Graft.Onnx.Export;
using Graft.Onnx.Protocol;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Writes models as ONNX files. A forward pass runs on a device that writes down what each kernel would do, so every model can be
/// exported, one's own too.</summary>
/// <remarks>The number of images or sequences and of tokens stays open: the model is recorded with batches of several sizes, and what differs
/// between them has to follow from the size. Batch norms with stored statistics are folded into the convolutions before them; all other
/// weights keep their keys and layouts.</remarks>
/// <example><code>
/// OnnxExport.Write(model, [1, 3, 224, 224], "resnet18.onnx");
/// </code></example>
public static class OnnxExport
{
    /// <summary>Writes an image model: <c>pixel_values</c> [batch, C, H, W] to <c>logits</c>.</summary>
    /// <param name="model">The model; it is recorded as it infers.</param>
    /// <param name="images">[N, C, H, W]; N counts only where the batch is fixed.</param>
    /// <param name="path">The file, replaced whole where it is there.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="interrupt">Stops in between; nothing is left behind.</param>
    /// <exception cref="NotSupportedException">The model does what ONNX cannot hold; the message names it and the module.</exception>
    /// <exception cref="ShapeException">The shape does not fit; the message names the module.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An opset that is not written.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static OnnxExportReport Write(
        ImageModel model, Shape images, string path, OnnxExportOptions? options = null, CancellationToken interrupt = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new OnnxExportOptions();
        if (images.Rank != 4) ShapeException.Throw("onnx export", $"images {images}", "images are [N, C, H, W]");
        List<Recording> plans = [new("", [new(images[0], 1)])];
        if (options.HasDynamicBatch)
            plans.Insert(0, new($"the batch is fixed at {images[0]}", [new(5, 1), new(7, 1), new(11, 1)]));
        return Write(model, plans, path, options, (device, pass, size) =>
        {
            var pixels = device.Input("pixel_values", images.With(0, size.Batch));
            device.Output("logits", model.Forward(pass.Constant(pixels)).Value);
        }, interrupt);
    }

    /// <summary>Writes a text model: <c>input_ids</c>, <c>attention_mask</c> and, where the model reads them, <c>token_type_ids</c> [batch,
    /// sequence] to what the model makes of them, by Hugging Face's names.</summary>
    /// <param name="model">The model; it is recorded as it infers.</param>
    /// <param name="path">The file, replaced whole where it is there.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="interrupt">Stops in between; nothing is left behind.</param>
    /// <exception cref="NotSupportedException">The model does what ONNX cannot hold; the message names it and the module.</exception>
    /// <exception cref="ArgumentException">The model has fewer positions than the fixed number of tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An opset that is not written.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static OnnxExportReport Write(TextModel model, string path, OnnxExportOptions? options = null, CancellationToken interrupt = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new OnnxExportOptions();
        int batch = options.BatchSize, length = options.SequenceLength;
        List<Recording> plans = [];
        int[] batches = options.HasDynamicBatch ? [5, 7] : [batch];
        if (options.HasDynamicSequence && Lengths(model) is { } lengths)
            plans.Add(new($"the number of tokens is fixed at {length}", [.. lengths.SelectMany(tokens => batches.Select(sequences => new BatchSize(sequences, tokens)))]));
        if (options.HasDynamicBatch) plans.Add(new($"the batch is fixed at {batch}", [.. batches.Select(sequences => new BatchSize(sequences, length))]));
        plans.Add(new("", [new(batch, length)]));
        return Write(model, plans, path, options, (device, pass, size) =>
        {
            var outputs = model.Forward(device.Text(pass, size, model));
            foreach (string name in outputs.Names) device.Output(name, outputs[name].Value);
        }, interrupt);
    }

    /// <summary>Two numbers of tokens that the model takes, to see what follows from it; null where it takes no two.</summary>
    private static int[]? Lengths(TextModel model)
    {
        foreach (int[] lengths in (int[][])[[11, 13], [7, 11], [5, 7], [3, 5]])
        {
            try
            {
                foreach (int length in lengths) model.Require(new TextBatch(1, length, new int[length]));
                return lengths;
            }
            catch (ArgumentException)
            {
                // the model has fewer positions: the next two are smaller
            }
        }
        return null;
    }

    private static OnnxExportReport Write(
        Model model, List<Recording> plans, string path, OnnxExportOptions options, Action<ExportDevice, Pass, BatchSize> forward,
        CancellationToken interrupt)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Opset, OnnxExportOptions.LowestOpset, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Opset, OnnxExportOptions.HighestOpset, nameof(options));
        using var reading = model.Parameters().First().Lock.Read();
        var notes = new List<string>();
        var devices = new List<ExportDevice>();
        try
        {
            foreach (var plan in plans)
            {
                interrupt.ThrowIfCancellationRequested();
                var graphs = plan.Sizes.ConvertAll(size => Record(model, options.Opset, size, forward, devices));
                string difference = "";
                if ((graphs.Count == 1 ? RecordedGraphs.Of(graphs[0]) : RecordedGraphs.Merge(graphs, plan.Sizes, out difference)) is { } recorded)
                    return Write(model, recorded, path, options, notes, interrupt);
                notes.Add($"{plan.Otherwise}: {difference}");
            }
        }
        finally
        {
            foreach (var device in devices) device.Dispose();
        }
        throw new InvalidOperationException("one recording alone is always exported");
    }

    private static ExportGraph Record(Model model, int opset, BatchSize size, Action<ExportDevice, Pass, BatchSize> forward, List<ExportDevice> devices)
    {
        var device = new ExportDevice(new ExportGraph(opset), model);
        devices.Add(device);
        using var pass = Pass.Infer(device);
        try
        {
            forward(device, pass, size);
        }
        catch (ShapeException exception) when (exception.Message.StartsWith(ExportDevice.Operation, StringComparison.Ordinal))
        {
            throw new NotSupportedException(exception.Message, exception);
        }
        return device.Graph;
    }

    private static OnnxExportReport Write(
        Model model, RecordedGraphs recorded, string path, OnnxExportOptions options, List<string> notes, CancellationToken interrupt)
    {
        var (graph, initialisers) = GraphMessages.Of(recorded, model.Name);
        var message = new ModelProto
        {
            IrVersion = options.Opset switch { < 19 => 8, < 21 => 9, _ => 10 },
            ProducerName = "Graft",
            ProducerVersion = typeof(OnnxExport).Assembly.GetName().Version?.ToString(3) ?? "",
        };
        message.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = options.Opset });
        foreach (var (key, value) in Metadata(model, options)) message.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        long bytes = ModelFile.Write(path, message, graph, initialisers, options.HasExternalData, interrupt);
        return new OnnxExportReport(
            path, bytes, options.Opset, [.. graph.Input.Select(Described)], [.. graph.Output.Select(Described)],
            Counted(graph), initialisers.Count,
            initialisers.Where(static entry => entry.Numbers is not (IntegerInitialiser or SizesInitialiser)).Sum(static entry => entry.Numbers.Shape.ElementCount), notes);
    }

    private static OrderedDictionary<string, int> Counted(GraphProto graph)
    {
        var counts = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string type in graph.Node.Select(static node => node.OpType).Order(StringComparer.Ordinal)) counts[type] = counts.GetValueOrDefault(type) + 1;
        return counts;
    }

    private static Dictionary<string, string> Metadata(Model model, OnnxExportOptions options)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["model"] = model.Name };
        if (options.Preprocessing is { } preprocessing) metadata["preprocessor_config"] = Encoding.UTF8.GetString(PreprocessorConfig.Format(preprocessing));
        if (options.Labels is { } labels) metadata["labels"] = Json(labels);
        foreach (var (key, value) in options.Metadata) metadata[key] = value;
        return metadata;
    }

    private static string Json(IReadOnlyList<string> labels)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (string label in labels) writer.WriteStringValue(label);
            writer.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Described(ValueInfoProto value) =>
        $"{value.Name} [{string.Join(", ", value.Type.TensorType.Shape.Dim.Select(static dimension => dimension.HasDimParam ? dimension.DimParam : $"{dimension.DimValue}"))}]";

    /// <summary>Batches to record, and what is said where what differs between them does not follow from their sizes.</summary>
    private sealed record Recording(string Otherwise, List<BatchSize> Sizes);
}
