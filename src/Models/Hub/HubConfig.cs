using System.Globalization;
using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>A <c>config.json</c> of the Hugging Face hub: an architecture's name and its settings. What is wrong is said with the file
/// and the member.</summary>
internal sealed class HubConfig
{
    public const string FileName = "config.json";

    /// <summary>The longest side of a picture or patch, in pixels.</summary>
    public const int LargestSide = 16384;

    public const int MostChannels = 4096;

    public const int MostLayers = 4096;

    /// <summary>The most channels or features of a layer.</summary>
    public const int MostWidth = 1 << 24;

    public const int MostClasses = 1_000_000;

    /// <summary>Hugging Face's <c>num_labels</c> where nothing is said of labels.</summary>
    private const int LabelsUnsaid = 2;

    private const int MostCounted = MostWidth;
    private const int MostStages = 64;

    private static readonly (ProblemType Problem, string Name)[] Problems =
    [
        (ProblemType.Regression, "regression"),
        (ProblemType.SingleLabel, "single_label_classification"),
        (ProblemType.MultiLabel, "multi_label_classification"),
    ];

    private readonly JsonObjectReader members;

    public HubConfig(JsonObjectReader members) => this.members = members;

    /// <summary>Hugging Face's words for what a sequence classifier's labels are.</summary>
    public static IEnumerable<string> ProblemNames => Problems.Select(static row => row.Name);

    /// <summary>What a word of Hugging Face's means; null for another word.</summary>
    public static ProblemType? ProblemOf(string? word)
    {
        foreach (var (problem, name) in Problems)
            if (name == word) return problem;
        return null;
    }

    /// <summary>Hugging Face's word.</summary>
    public static string? ProblemName(ProblemType? problem)
    {
        foreach (var (known, name) in Problems)
            if (known == problem) return name;
        return null;
    }

    /// <summary>Its members, for those without a method here.</summary>
    public JsonObjectReader Members => members;

    /// <summary>Reads the config of a model's folder.</summary>
    /// <exception cref="CheckpointException">There is none, or it is no JSON object.</exception>
    public static HubConfig Read(string folder) => new(JsonFile.Read(Path.Combine(folder, FileName)));

    public static HubConfig Parse(ReadOnlyMemory<byte> json, string path) => new(JsonFile.Parse(json, path));

    /// <summary>The class that the weights were saved from: <c>BertForSequenceClassification</c>; null where none is named.</summary>
    public string? Architecture() => members.Texts("architectures") is { Count: > 0 } names ? names[0] : null;

    /// <summary>The architecture by timm's name, without the tag of its weights: <c>resnet18</c> of <c>resnet18.a1_in1k</c>; null where the
    /// config is not of timm's kind.</summary>
    public string? TimmArchitecture() => members.Text("architecture")?.Split('.')[0];

    /// <summary>The family: <c>bert</c>; null where none is named.</summary>
    public string? ModelType() => members.Text("model_type");

    public int Count(string name, int standard, int most = MostCounted)
    {
        if (!members.TryGet(name, out var value)) return standard;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 1 && number <= most
            ? number : throw members.Wrong(name, value, $"a whole number from 1 to {most}");
    }

    /// <summary>A whole number for each stage.</summary>
    public int[] Counts(string name, int[] standard, int most = MostCounted)
    {
        if (members.Numbers(name) is not { } numbers) return standard;
        return numbers.Count is >= 1 and <= MostStages && numbers.All(number => number >= 1 && number <= most && number == Math.Floor(number))
            ? [.. numbers.Select(number => (int)number)] : throw Fail(name, $"is not a list of up to {MostStages} whole numbers from 1 to {most}");
    }

    /// <summary>A token of the vocabulary; null where the config says null.</summary>
    public int? TokenOrNone(string name, int standard, int vocabulary)
    {
        if (!members.Element.TryGetProperty(name, out var value)) return standard;
        if (value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0 && number < vocabulary
            ? number : throw members.Wrong(name, value, $"a token of the {vocabulary} that there are");
    }

    /// <summary>A probability, from 0 to below 1: a dropout.</summary>
    public float Share(string name, float standard) => Number(name, standard, static number => number is >= 0 and < 1, "a number from 0 to below 1");

    public float Positive(string name, float standard) => Number(name, standard, static number => number > 0 && float.IsFinite((float)number), "a number above 0");

    public bool Flag(string name, bool standard) => members.Flag(name) ?? standard;

    /// <summary>Refuses a boolean with a value that is not implemented.</summary>
    public void RequireFlag(string name, bool built)
    {
        if (Flag(name, built) != built) throw Fail(name, $"is {(built ? "false" : "true")}; only {(built ? "true" : "false")} is built");
    }

    /// <summary>Refuses a kind other than the one built.</summary>
    public void RequireText(string name, string built)
    {
        if ((members.Text(name) ?? built) is var found && found != built) throw Fail(name, $"is '{Printable.Text(found)}'; only '{built}' is built");
    }

    /// <summary>An activation by its name.</summary>
    public Activation Activation(string name, Activation standard)
    {
        if (members.Text(name) is not { } found) return standard;
        return Autograd.Activation.Find(found)
            ?? throw Fail(name, $"is '{Printable.Text(found)}'; built are {string.Join(", ", Autograd.Activation.All.Select(activation => activation.Name))}");
    }

    /// <summary>What a sequence classifier's labels are; null where nothing is said.</summary>
    public ProblemType? Problem(string name) => members.Text(name) is not { } word ? null
        : ProblemOf(word) ?? throw Fail(name, $"is '{Printable.Text(word)}', not regression, single_label_classification or multi_label_classification");

    /// <summary>The names of <c>id2label</c> in index order; null where there are none.</summary>
    public IReadOnlyList<string>? LabelNames()
    {
        if (members.Object("id2label") is not { } labels) return null;
        var names = new SortedDictionary<int, string>();
        foreach (var member in labels.Element.EnumerateObject())
        {
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= MostClasses)
                throw labels.Wrong(member.Name, "is not a class number");
            if (!names.TryAdd(number, labels.Text(member.Name) ?? throw labels.Missing(member.Name)))
                throw labels.Wrong(member.Name, "is there twice");
        }
        if (names.Count == 0) throw Fail("id2label", "names no class");
        for (int number = 0; number < names.Count; number++)
            if (!names.ContainsKey(number)) throw labels.Missing(number.ToString(CultureInfo.InvariantCulture));
        return [.. names.Values];
    }

    /// <summary>How many labels there are, as Hugging Face's configs count them.</summary>
    public int LabelCount() => LabelNames()?.Count ?? Count("num_labels", LabelsUnsaid, MostClasses);

    /// <summary>Refuses a <c>label2id</c> or <c>num_labels</c> that contradicts the names. <c>label2id</c> repeats <c>id2label</c> the other
    /// way round; two classes of one name cannot both be in it, so only present entries are compared.</summary>
    public void RequireSameLabels(IReadOnlyList<string> classNames)
    {
        if (members.Integer("num_labels") is { } count && count != classNames.Count)
            throw Fail("num_labels", $"is {count}, but 'id2label' names {classNames.Count} classes");
        if (members.Object("label2id") is not { } numbers) return;
        foreach (var member in numbers.Element.EnumerateObject())
        {
            int? number = numbers.Integer(member.Name);
            if (number is not { } at || at < 0 || at >= classNames.Count || classNames[at] != member.Name)
                throw numbers.Wrong(member.Name, $"is {number}, which contradicts 'id2label'");
        }
    }

    /// <summary>The size of picture that the model was trained on; null where it is not said.</summary>
    public ImageSize? ImageSize()
    {
        const string Name = "image_size";
        if (!members.TryGet(Name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && members.Integer(Name) is { } side and > 0) return new ImageSize(side, side);
        if (value.ValueKind == JsonValueKind.Array && members.Numbers(Name) is [>= 1 and <= int.MaxValue, >= 1 and <= int.MaxValue] sides)
            return new ImageSize((int)sides[0], (int)sides[1]);
        throw members.Wrong(Name, value, "a side in pixels or [height, width]");
    }

    /// <summary>A complaint about one member.</summary>
    public CheckpointException Fail(string name, string problem) => members.Wrong(name, problem);

    /// <summary>A complaint about the whole.</summary>
    public CheckpointException Fail(string problem) => members.Fail(problem);

    private float Number(string name, float standard, Func<double, bool> isAllowed, string expected)
    {
        if (!members.TryGet(name, out var value)) return standard;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && isAllowed(number)
            ? (float)number : throw members.Wrong(name, value, expected);
    }
}
