using System.Globalization;
using System.Text.Json;

namespace Graft.Tasks;

/// <summary>A saved classifier's <c>config.json</c>, as Hugging Face's users expect it: which architecture, which classes.</summary>
internal sealed record BundleConfig
{
    public const string FileName = "config.json";

    private const int MostClasses = 1_000_000;

    private static readonly string[] Known = ["model_type", "architectures", "id2label", "label2id", "num_labels", "image_size", "problem_type"];

    /// <summary>Graft's name of the model: "resnet18", "cifar-resnet20".</summary>
    public required string Model { get; init; }

    /// <summary>The classes' names, by number.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>The size of picture that the model was trained on; null where it is not said.</summary>
    public ImageSize? ImageSize { get; init; }

    /// <summary>Members that Graft does not know, kept as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Reads the file.</summary>
    /// <exception cref="BundleException">The file is missing or malformed, or its class names have gaps or contradict one another.</exception>
    public static BundleConfig Read(string path) => JsonFile.Read(path, Read);

    public static BundleConfig Parse(ReadOnlyMemory<byte> json, string name) => JsonFile.Parse(json, name, Read);

    public void Write(string path) => JsonFile.Write(path, Write);

    public byte[] Format() => JsonFile.Format(Write);

    private static BundleConfig Read(JsonObjectReader config)
    {
        string[] classNames = ReadClassNames(config);
        RequireSameLabels(config, classNames);
        if (config.Integer("num_labels") is { } count && count != classNames.Length)
            throw config.Wrong("num_labels", $"is {count}, but 'id2label' names {classNames.Length} classes");
        return new BundleConfig
        {
            Model = config.Text("model_type") ?? FirstArchitecture(config) ?? throw config.Missing("model_type"),
            ClassNames = classNames,
            ImageSize = ReadImageSize(config),
            Other = config.Others(Known),
        };
    }

    private static string? FirstArchitecture(JsonObjectReader config)
    {
        if (!config.TryGet("architectures", out var list)) return null;
        return list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String
            ? list[0].GetString()
            : throw config.Wrong("architectures", list, "a list of names");
    }

    private static string[] ReadClassNames(JsonObjectReader config)
    {
        if (config.Object("id2label") is not { } labels) throw config.Missing("id2label");
        var names = new SortedDictionary<int, string>();
        foreach (var member in labels.Element.EnumerateObject())
        {
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= MostClasses)
                throw labels.Wrong(member.Name, "is not a class number");
            if (!names.TryAdd(number, labels.Text(member.Name) ?? throw labels.Missing(member.Name)))
                throw labels.Wrong(member.Name, "is there twice");
        }
        if (names.Count == 0) throw config.Wrong("id2label", "names no class");
        for (int number = 0; number < names.Count; number++)
            if (!names.ContainsKey(number)) throw labels.Missing(number.ToString(CultureInfo.InvariantCulture));
        return [.. names.Values];
    }

    /// <summary>label2id repeats id2label the other way round. Two classes of one name cannot both be in it, so only what is there
    /// is compared.</summary>
    private static void RequireSameLabels(JsonObjectReader config, string[] classNames)
    {
        if (config.Object("label2id") is not { } numbers) return;
        foreach (var member in numbers.Element.EnumerateObject())
        {
            int? number = numbers.Integer(member.Name);
            if (number is not { } at || at < 0 || at >= classNames.Length || classNames[at] != member.Name)
                throw numbers.Wrong(member.Name, $"is {number}, which contradicts 'id2label'");
        }
    }

    private static ImageSize? ReadImageSize(JsonObjectReader config)
    {
        if (!config.TryGet("image_size", out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && config.Integer("image_size") is { } side and > 0) return new ImageSize(side, side);
        if (value.ValueKind == JsonValueKind.Array && config.Numbers("image_size") is [>= 1 and <= int.MaxValue, >= 1 and <= int.MaxValue] sides)
            return new ImageSize((int)sides[0], (int)sides[1]);
        throw config.Wrong("image_size", value, "a side in pixels or [height, width]");
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("model_type", Model);
        writer.WriteStartArray("architectures");
        writer.WriteStringValue(Model);
        writer.WriteEndArray();
        writer.WriteNumber("num_labels", ClassNames.Count);
        writer.WriteStartObject("id2label");
        for (int number = 0; number < ClassNames.Count; number++)
            writer.WriteString(number.ToString(CultureInfo.InvariantCulture), ClassNames[number]);
        writer.WriteEndObject();
        writer.WriteStartObject("label2id");
        var written = new HashSet<string>(StringComparer.Ordinal);
        for (int number = 0; number < ClassNames.Count; number++)
            if (written.Add(ClassNames[number])) writer.WriteNumber(ClassNames[number], number);
        writer.WriteEndObject();
        if (ImageSize is { } size && size.Height == size.Width) writer.WriteNumber("image_size", size.Height);
        else if (ImageSize is { } sides)
        {
            writer.WriteStartArray("image_size");
            writer.WriteNumberValue(sides.Height);
            writer.WriteNumberValue(sides.Width);
            writer.WriteEndArray();
        }
        writer.WriteString("problem_type", "single_label_classification");
        foreach (var (name, value) in Other)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }
    }
}
