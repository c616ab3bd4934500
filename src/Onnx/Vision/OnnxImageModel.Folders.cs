using System.Text;
using System.Text.Json;

namespace Graft.Onnx;

/// <content>How such a model is kept in a folder, and what its file says.</content>
public sealed partial class OnnxImageModel
{
    /// <summary>What <c>config.json</c> calls such models.</summary>
    public const string Type = "onnx";

    /// <summary>The file of the structure in a model's folder.</summary>
    public const string StructureFileName = "structure.onnx";

    /// <inheritdoc/>
    public override string ModelType => Type;

    /// <summary>Every tensor of the file accounted for; that of a model without weights is empty.</summary>
    public LoadReport Report { get; private set; } = new(0, []);

    /// <summary>The classes' names in index order, where the file says them (as those do that Graft exports); else null.</summary>
    /// <exception cref="CheckpointException">What the file says is no list of names.</exception>
    public IReadOnlyList<string>? ClassNames
    {
        get
        {
            if (!structure.Metadata.TryGetValue("labels", out string? text) || !HasOwnHead) return null;
            try
            {
                string[]? names = JsonSerializer.Deserialize(text, NamesContext.Default.StringArray);
                return names?.Length == Classes ? names : null;
            }
            catch (JsonException exception)
            {
                throw new CheckpointException(Name, "its metadata 'labels' is no JSON array of texts", exception);
            }
        }
    }

    /// <summary>What is done to a picture first, where the file says it (as those do that Graft exports); else null.</summary>
    /// <exception cref="CheckpointException">What the file says is malformed.</exception>
    public ImagePreprocessing? Preprocessing => structure.Metadata.TryGetValue("preprocessor_config", out string? json)
        ? PreprocessorConfig.Parse(Encoding.UTF8.GetBytes(json), $"{Name}, metadata 'preprocessor_config'") : null;

    /// <summary>Has <see cref="Checkpoint.Open"/> read ONNX files, and saved folders of such models be opened; it may be called any number of
    /// times.</summary>
    public static void Register()
    {
        OnnxFormat.Register();
        ModelRegistry.RegisterFolders(Type, static (pathOf, classes) => FromStructure(pathOf(StructureFileName), classes));
    }

    /// <inheritdoc/>
    public override ImageModel Remake(int classes, ulong seed) =>
        new OnnxImageModel(Name, structure.Again(), HasOwnHead && classes == Classes ? null : classes) { Seed = seed, IsHeadNew = false };

    /// <inheritdoc/>
    public override void WriteArchitecture(string folder) => SaveStructure(System.IO.Path.Combine(folder, StructureFileName));

    private static string NameOf(string path)
    {
        // a file called model is known by its folder
        string name = System.IO.Path.GetFileNameWithoutExtension(path);
        string? folder = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)));
        return name is "model" or "structure" && folder is { Length: > 0 } ? folder : name;
    }

    private static LoadReport ReportOf(OnnxImageModel model, StructureFile structure, Checkpoint checkpoint)
    {
        var byName = structure.Taken.GroupBy(taken => taken.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var filled = new HashSet<string>(structure.Taken.Select(taken => taken.Parameter.Name), StringComparer.Ordinal);
        var lines = new List<ReceiptLine>();
        var left = new List<string>();
        foreach (var tensor in checkpoint.Tensors)
        {
            string shape = $"[{string.Join(", ", tensor.Lengths)}]";
            if (!byName.TryGetValue(tensor.Key, out var taken)) lines.Add(new(tensor.Key, null, shape, ImportOutcome.Ignored, "a constant that the graph computes with"));
            else if (!model.Owns(taken.Parameter)) lines.Add(new(tensor.Key, null, shape, ImportOutcome.Ignored, "the graph's own head, which is replaced"));
            else
            {
                string rule = taken.IsTransposed ? "transposed" : taken.Parameter.Name == tensor.Key ? "" : "as the layer's parameter";
                lines.Add(new(tensor.Key, taken.Parameter.Name, shape, rule.Length > 0 ? ImportOutcome.LoadedUnderRule : ImportOutcome.Loaded, rule));
            }
        }
        foreach (var taken in structure.Taken)
        {
            if (!checkpoint.Contains(taken.Name) && model.Owns(taken.Parameter))
                lines.Add(new(null, taken.Parameter.Name, taken.Parameter.Shape.ToString(), ImportOutcome.LoadedUnderRule, "from the graph of preprocessing"));
        }
        foreach (var parameter in model.Parameters().Concat(model.Buffers()))
        {
            if (filled.Contains(parameter.Name)) continue;
            bool isHead = model.Stages[^1].Modules.Any(module => module.Parameters().Contains(parameter));
            lines.Add(new(null, parameter.Name, parameter.Shape.ToString(), ImportOutcome.New, isHead ? "the head, to be trained" : "what the file leaves at its usual value"));
            left.Add(parameter.Name);
        }
        int loaded = lines.Count(line => line.InModel is not null && line.Outcome is ImportOutcome.Loaded or ImportOutcome.LoadedUnderRule);
        return new LoadReport(loaded, left)
        {
            Receipt = new ImportReceipt(System.IO.Path.GetFileName(checkpoint.Path), checkpoint.Format, Type, lines),
        };
    }

    private bool Owns(Graft.Autograd.Parameter parameter) => Of(parameter) == this;
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class NamesContext : System.Text.Json.Serialization.JsonSerializerContext;
