using System.Globalization;
using System.Text.Json;

namespace Graft.Models;

/// <summary>A saved model's <c>config.json</c>, as Hugging Face's users expect it: which architecture, which labels.</summary>
public sealed record ModelConfig
{
    /// <summary>The file's name in a model's folder.</summary>
    public const string FileName = HubConfig.FileName;

    /// <summary>The problem type of a classifier whose inputs each have one label.</summary>
    public const string SingleLabel = "single_label_classification";

    internal static readonly string[] Known = ["model_type", "architectures", "id2label", "label2id", "num_labels", "image_size", "problem_type"];

    /// <summary>Graft's name of the model: "resnet18", "cifar-resnet20"; of one that Hugging Face's settings make their <c>model_type</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Hugging Face's class of the model where <c>config.json</c> has its settings: "ViTForImageClassification"; null for a model that
    /// its name makes.</summary>
    public string? Architecture { get; init; }

    /// <summary>The names of the head's outputs, in index order: a classifier's classes; empty for a head without any.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The size of picture that the model was trained on; null where it is not said.</summary>
    public ImageSize? ImageSize { get; init; }

    /// <summary>What the outputs mean, in Hugging Face's words; empty to say nothing.</summary>
    public string ProblemType { get; init; } = SingleLabel;

    /// <summary>Members that Graft does not know, kept as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing or malformed, or its labels have gaps or contradict one another.</exception>
    public static ModelConfig Read(string path) => Read(new HubConfig(JsonFile.Read(path)));

    /// <summary>As <see cref="Read(string)"/>, from bytes.</summary>
    /// <param name="json">The file's bytes, UTF-8.</param>
    /// <param name="name">What complaints call them.</param>
    /// <exception cref="CheckpointException">They are malformed, or the labels have gaps or contradict one another.</exception>
    public static ModelConfig Parse(ReadOnlyMemory<byte> json, string name) => Read(HubConfig.Parse(json, name));

    /// <summary>Writes the file; one that is there is replaced whole.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path) => JsonFile.Write(path, Write);

    /// <summary>The bytes that <see cref="Write(string)"/> writes.</summary>
    public byte[] Format() => JsonFile.Format(Write);

    private static ModelConfig Read(HubConfig config)
    {
        var members = config.Members;
        string model = config.ModelType() ?? config.Architecture() ?? throw members.Missing("model_type");
        string? architecture = config.Architecture() is { } named && named != model ? named : null;
        var labels = config.LabelNames() ?? (architecture is null ? throw members.Missing("id2label") : [.. Enumerable.Range(0, config.LabelCount()).Select(PretrainedInfo.Unnamed)]);
        config.RequireSameLabels(labels);
        return new ModelConfig
        {
            Model = model,
            Architecture = architecture,
            Labels = labels,
            ImageSize = config.ImageSize(),
            ProblemType = members.Text("problem_type") ?? SingleLabel,
            Other = members.Others(Known),
        };
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("model_type", Model);
        writer.WriteStartArray("architectures");
        writer.WriteStringValue(Architecture ?? Model);
        writer.WriteEndArray();
        if (Labels.Count > 0) WriteLabels(writer);
        if (ImageSize is { } size && size.Height == size.Width) writer.WriteNumber("image_size", size.Height);
        else if (ImageSize is { } sides)
        {
            writer.WriteStartArray("image_size");
            writer.WriteNumberValue(sides.Height);
            writer.WriteNumberValue(sides.Width);
            writer.WriteEndArray();
        }
        if (ProblemType.Length > 0) writer.WriteString("problem_type", ProblemType);
        writer.WriteMembers(Other);
    }

    private void WriteLabels(Utf8JsonWriter writer)
    {
        writer.WriteNumber("num_labels", Labels.Count);
        writer.WriteStartObject("id2label");
        for (int number = 0; number < Labels.Count; number++)
            writer.WriteString(number.ToString(CultureInfo.InvariantCulture), Labels[number]);
        writer.WriteEndObject();
        writer.WriteStartObject("label2id");
        var written = new HashSet<string>(StringComparer.Ordinal);
        for (int number = 0; number < Labels.Count; number++)
            if (written.Add(Labels[number])) writer.WriteNumber(Labels[number], number);
        writer.WriteEndObject();
    }
}
