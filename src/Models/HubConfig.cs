using System.Globalization;
using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>A <c>config.json</c> of the Hugging Face hub: an architecture's name and its settings. What is wrong is said with the file
/// and the member.</summary>
internal sealed class HubConfig
{
    public const string FileName = "config.json";

    private const int LongestFile = 64 << 20;
    private const int MostCounted = 1 << 24;

    private readonly string path;
    private readonly JsonElement root;

    private HubConfig(string path, JsonElement root) => (this.path, this.root) = (path, root);

    /// <summary>Reads the config of a model's folder.</summary>
    /// <exception cref="CheckpointException">There is none, or it is no JSON object.</exception>
    public static HubConfig Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        using var file = CheckpointFile.Open(path);
        if (file.Length > LongestFile) throw file.Fail($"a file of {file.Length} bytes is no model's description");
        return Parse(file.Read(0, (int)file.Length), path);
    }

    public static HubConfig Parse(ReadOnlyMemory<byte> json, string path)
    {
        if (json.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF])) json = json[3..];
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonTexts.RequireValid(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new HubConfig(path, document.RootElement.Clone())
                : throw new CheckpointException(path, "is no JSON object of named settings");
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(path, $"is no JSON ({Printable.Text(exception.Message)})", exception);
        }
    }

    /// <summary>The class that the weights were saved from: <c>BertForSequenceClassification</c>; null where none is named.</summary>
    public string? Architecture()
    {
        if (!TryGet("architectures", out var list)) return null;
        return list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String
            ? list[0].GetString() : throw Wrong("architectures", "a list of names");
    }

    /// <summary>The architecture by timm's name, without the tag of its weights: <c>resnet18</c> of <c>resnet18.a1_in1k</c>; null where the
    /// config is not of timm's kind.</summary>
    public string? TimmArchitecture() => Text("architecture")?.Split('.')[0];

    /// <summary>The family: <c>bert</c>; null where none is named.</summary>
    public string? ModelType() => Text("model_type");

    public int Count(string name, int standard, int most = MostCounted)
    {
        if (!TryGet(name, out var value)) return standard;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 1 && number <= most
            ? number : throw Wrong(name, $"a whole number from 1 to {most}");
    }

    /// <summary>A token of the vocabulary; null where the config says null.</summary>
    public int? TokenOrNone(string name, int standard, int vocabulary)
    {
        if (!root.TryGetProperty(name, out var value)) return standard;
        if (value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0 && number < vocabulary
            ? number : throw Wrong(name, $"a token of the {vocabulary} that there are");
    }

    /// <summary>A share, from 0 to below 1: a dropout.</summary>
    public float Share(string name, float standard) => Number(name, standard, static number => number is >= 0 and < 1, "a number from 0 to below 1");

    public float Positive(string name, float standard) => Number(name, standard, static number => number > 0 && float.IsFinite((float)number), "a number above 0");

    public bool Flag(string name, bool standard)
    {
        if (!TryGet(name, out var value)) return standard;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false");
    }

    /// <summary>Refuses a switch that stands otherwise than built.</summary>
    public void RequireFlag(string name, bool built)
    {
        if (Flag(name, built) != built) throw Fail(name, $"is {(built ? "false" : "true")}; only {(built ? "true" : "false")} is built");
    }

    /// <summary>Refuses a kind other than the one built.</summary>
    public void RequireText(string name, string built)
    {
        if ((Text(name) ?? built) is var found && found != built) throw Fail(name, $"is '{Printable.Text(found)}'; only '{built}' is built");
    }

    /// <summary>An activation by its name.</summary>
    public Activation Activation(string name, Activation standard)
    {
        if (Text(name) is not { } found) return standard;
        return Autograd.Activation.Find(found)
            ?? throw Fail(name, $"is '{Printable.Text(found)}'; built are {string.Join(", ", Autograd.Activation.All.Select(activation => activation.Name))}");
    }

    public ProblemType? Problem(string name) => Text(name) switch
    {
        null => null,
        "regression" => ProblemType.Regression,
        "single_label_classification" => ProblemType.SingleLabel,
        "multi_label_classification" => ProblemType.MultiLabel,
        var other => throw Fail(name, $"is '{Printable.Text(other)}', not regression, single_label_classification or multi_label_classification"),
    };

    /// <summary>The names of <c>id2label</c> by number; null where there are none.</summary>
    public IReadOnlyList<string>? LabelNames()
    {
        if (!TryGet("id2label", out var labels)) return null;
        if (labels.ValueKind != JsonValueKind.Object) throw Wrong("id2label", "an object of class numbers and names");
        var names = new SortedDictionary<int, string>();
        foreach (var member in labels.EnumerateObject())
        {
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || member.Value.ValueKind != JsonValueKind.String)
                throw Fail("id2label", $"has '{Printable.Text(member.Name)}', which is no class number with a name");
            if (!names.TryAdd(number, member.Value.GetString()!)) throw Fail("id2label", $"has the class {number} twice");
        }
        if (names.Count == 0 || names.Keys.Last() != names.Count - 1) throw Fail("id2label", $"does not number its {names.Count} classes from 0 without gaps");
        return [.. names.Values];
    }

    /// <summary>A complaint about one member.</summary>
    public CheckpointException Fail(string name, string problem) => new(path, $"'{name}' {problem}");

    /// <summary>A complaint about the whole.</summary>
    public CheckpointException Fail(string problem) => new(path, problem);

    private CheckpointException Wrong(string name, string expected) => Fail(name, $"is {Printable.Text(root.GetProperty(name).GetRawText())}, not {expected}");

    private bool TryGet(string name, out JsonElement value) => root.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private string? Text(string name)
    {
        if (!TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a text");
    }

    private float Number(string name, float standard, Func<double, bool> isAllowed, string expected)
    {
        if (!TryGet(name, out var value)) return standard;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && isAllowed(number) ? (float)number : throw Wrong(name, expected);
    }
}
