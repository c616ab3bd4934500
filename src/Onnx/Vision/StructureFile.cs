using Google.Protobuf;
using Graft.Onnx.Protocol;

namespace Graft.Onnx;

/// <summary>A graph of images, checked and divided into stages, with what is needed to write it again without its weights.</summary>
internal sealed class StructureFile
{
    private const string PreprocessKey = "graft.preprocess";
    private const string HeadKey = "graft.head";

    private readonly string path;
    private readonly ModelProto bare;
    private readonly ModelProto? barePreprocess;

    private StructureFile(OnnxFile file, OnnxFile? preprocess, bool hasNumbers)
    {
        path = file.Path;
        var source = new ProgramSource(file) { HasNumbers = hasNumbers };
        Program = Build(file, source, out bare, out var input);
        Taken = source.Taken;
        InputDims = input;
        if (preprocess is not null)
        {
            var first = new ProgramSource(preprocess) { HasNumbers = hasNumbers, IsFrozen = true, Fuses = false };
            Preprocess = Build(preprocess, first, out barePreprocess, out var before);
            Taken = [.. Taken, .. first.Taken];
            InputDims = Merged(before, input);
        }
        ImageSize = InputDims is { Length: 4 } dims && dims[2] > 0 && dims[3] > 0 ? (dims[2], dims[3]) : null;
        KeepsHead = file.Model.MetadataProps.FirstOrDefault(entry => entry.Key == HeadKey)?.Value != "new";
        try
        {
            Stages = ImageStages.Of(Program, OnnxImageModel.ImageOf(input ?? InputDims));
        }
        catch (Exception exception) when (exception is OnnxRunException or ArgumentException)
        {
            throw file.Fail($"cannot be made a model of images: {exception.Message}", exception);
        }
    }

    public GraphProgram Program { get; }

    /// <summary>The tensors of the file that became parameters.</summary>
    public IReadOnlyList<TakenTensor> Taken { get; }

    /// <summary>What the file says beside its graph.</summary>
    public IReadOnlyDictionary<string, string> Metadata =>
        bare.MetadataProps.DistinctBy(entry => entry.Key).ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);

    /// <summary>What is done to a picture first; null for nothing.</summary>
    public GraphProgram? Preprocess { get; }

    public ImageStages Stages { get; }

    public (int Height, int Width)? ImageSize { get; }

    /// <summary>Whether the head is the graph's own, as far as the file says so.</summary>
    public bool KeepsHead { get; }

    private int[]? InputDims { get; }

    /// <summary>Opens a published graph.</summary>
    public static StructureFile Open(string path, string? preprocess)
    {
        using var file = OnnxFile.Open(path);
        using var before = preprocess is null ? null : OnnxFile.Open(preprocess);
        return new StructureFile(file, before, hasNumbers: true);
    }

    /// <summary>Opens what <see cref="Save"/> wrote.</summary>
    public static StructureFile OpenStructure(string path)
    {
        using var file = OnnxFile.Open(path);
        string? packed = file.Model.MetadataProps.FirstOrDefault(entry => entry.Key == PreprocessKey)?.Value;
        if (packed is null) return new StructureFile(file, null, hasNumbers: false);
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(packed);
        }
        catch (FormatException exception)
        {
            throw file.Fail($"its '{PreprocessKey}' is damaged: fetch the file again", exception);
        }
        using var before = OnnxFile.Open(new CheckpointFile(path, bytes));
        return new StructureFile(file, before, hasNumbers: false);
    }

    /// <summary>The same structure with layers of its own and no numbers.</summary>
    public StructureFile Again()
    {
        using var file = OnnxFile.Open(new CheckpointFile(path, bare.ToByteArray()));
        using var before = barePreprocess is null ? null : OnnxFile.Open(new CheckpointFile(path, barePreprocess.ToByteArray()));
        return new StructureFile(file, before, hasNumbers: false);
    }

    /// <summary>Writes the structure.</summary>
    public void Save(string path, bool keepsHead)
    {
        var model = bare.Clone();
        Note(model, HeadKey, keepsHead ? "own" : "new");
        if (barePreprocess is not null) Note(model, PreprocessKey, Convert.ToBase64String(barePreprocess.ToByteArray()));
        AtomicFile.Write(path, stream => model.WriteTo(stream));
    }

    private static void Note(ModelProto model, string key, string value)
    {
        foreach (var old in model.MetadataProps.Where(entry => entry.Key == key).ToList()) model.MetadataProps.Remove(old);
        model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    private static GraphProgram Build(OnnxFile file, ProgramSource source, out ModelProto bare, out int[]? input)
    {
        var graph = GraphChecker.Check(file);
        if (graph.Inputs.Count != 1 || graph.Outputs.Count < 1)
            throw file.Fail($"has {graph.Inputs.Count} inputs and {graph.Outputs.Count} outputs, where a graph of images has one input and an output: use OnnxModel for it");
        input = graph.Inputs[0].Dims;
        var program = ProgramBuilder.Build(source, graph);
        bare = BareModel.Of(file, source.Learnt);
        return program;
    }

    /// <summary>The input of the first graph, with lengths of the second where that one leaves them free.</summary>
    private static int[]? Merged(int[]? first, int[]? second)
    {
        if (first is not { Length: 4 } || second is not { Length: 4 }) return first ?? second;
        return [.. first.Select((length, axis) => length > 0 ? length : second[axis])];
    }
}
