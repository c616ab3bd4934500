using System.Globalization;
using System.Text.Json;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Accounts for every tensor of a file and every parameter, buffer and counter of the model that was filled from it: each is on one
/// line, and what would be on none is an error of the load.</summary>
/// <param name="Source">The file's or folder's name.</param>
/// <param name="Format">Its format.</param>
/// <param name="Model">The model's type.</param>
/// <param name="Lines">First the model's parameters and buffers in their order, then what else the file has.</param>
public sealed record ImportReceipt(string Source, string Format, string Model, IReadOnlyList<ReceiptLine> Lines)
{
    /// <summary>The file's name in a model's folder.</summary>
    public const string FileName = "import.json";

    private const string SourceKey = "source", FormatKey = "format", ModelKey = "model", SummaryKey = "summary", LinesKey = "tensors";

    /// <summary>How many lines there are of each outcome and rule, in the order in which they come up.</summary>
    public IReadOnlyList<(ImportOutcome Outcome, string Rule, int Count)> Summary() =>
        [.. Lines.GroupBy(line => (line.Outcome, line.Rule)).Select(group => (group.Key.Outcome, group.Key.Rule, group.Count()))];

    /// <summary>Writes the receipt as members of a JSON object.</summary>
    /// <param name="json">What writes the object.</param>
    public void Write(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteString(SourceKey, Source);
        json.WriteString(FormatKey, Format);
        json.WriteString(ModelKey, Model);
        json.WriteStartArray(SummaryKey);
        foreach (var (outcome, rule, count) in Summary())
        {
            json.WriteStartObject();
            json.WriteString("outcome", NameOf(outcome));
            if (rule.Length > 0) json.WriteString("rule", rule);
            json.WriteNumber("tensors", count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray(LinesKey);
        foreach (var line in Lines)
        {
            json.WriteStartObject();
            if (line.InFile is { } key) json.WriteString("file", key);
            if (line.InModel is { } name) json.WriteString("model", name);
            json.WriteString("shape", line.Shape);
            json.WriteString("outcome", NameOf(line.Outcome));
            if (line.Rule.Length > 0) json.WriteString("rule", line.Rule);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Reads a receipt that was written.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It is missing or malformed.</exception>
    public static ImportReceipt Read(string path)
    {
        var receipt = JsonFile.Read(path);
        if (!receipt.TryGet(LinesKey, out var array) || array.ValueKind != JsonValueKind.Array) throw receipt.Missing(LinesKey);
        var lines = new List<ReceiptLine>(array.GetArrayLength());
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object) throw receipt.Wrong(LinesKey, "holds something else than objects");
            var line = new JsonObjectReader(element, path);
            string outcome = line.Text("outcome") ?? throw line.Missing("outcome");
            int known = Array.IndexOf(Names, outcome);
            if (known < 0) throw line.Wrong("outcome", $"is '{Printable.Text(outcome)}', not one of {string.Join(", ", Names)}");
            lines.Add(new(line.Text("file"), line.Text("model"), line.Text("shape") ?? "", (ImportOutcome)known, line.Text("rule") ?? ""));
        }
        return new(
            receipt.Text(SourceKey) ?? throw receipt.Missing(SourceKey), receipt.Text(FormatKey) ?? throw receipt.Missing(FormatKey),
            receipt.Text(ModelKey) ?? throw receipt.Missing(ModelKey), lines);
    }

    private static readonly string[] Names = ["loaded", "loaded under a rule", "new", "ignored under a rule"];

    /// <summary>An outcome in words.</summary>
    /// <param name="outcome">The outcome.</param>
    public static string NameOf(ImportOutcome outcome) => Names[(int)outcome];

    /// <summary>How many there are in one line: <c>97 loaded, 2 new (the head, to be trained)</c>.</summary>
    public override string ToString() => string.Join(", ", Summary().Select(part => string.Create(
        CultureInfo.InvariantCulture, $"{part.Count:N0} {NameOf(part.Outcome)}{(part.Rule.Length > 0 ? $" ({part.Rule})" : "")}")));
}

/// <summary>One tensor's account.</summary>
/// <param name="InFile">Its path in the file; null for what the file has not.</param>
/// <param name="InModel">Its key in the model; null for what the model has not.</param>
/// <param name="Shape">The lengths of its axes.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Rule">Under which rule; empty where it was loaded as it stands, under its own name.</param>
public sealed record ReceiptLine(string? InFile, string? InModel, string Shape, ImportOutcome Outcome, string Rule);

/// <summary>What became of a tensor.</summary>
public enum ImportOutcome
{
    /// <summary>Loaded under its own name and type.</summary>
    Loaded,

    /// <summary>Loaded under a rule: another spelling of its name, another type.</summary>
    LoadedUnderRule,

    /// <summary>In the model alone and at its initial values, as is said: a head to be trained.</summary>
    New,

    /// <summary>In the file alone and passed over, as is said: the state of an optimiser, another head.</summary>
    Ignored,
}

/// <summary>Collects the lines of a receipt.</summary>
internal sealed class ReceiptBook(WeightSet set)
{
    private readonly List<ReceiptLine> lines = [];

    public void Load(ModuleParameter target, StoredTensor source, string? shapeRule = null)
    {
        string expected = set.InFile(target.Name), rule = "";
        if (source.FilePath != expected) rule = target.Aliases.Where(alias => set.InFile(alias) == source.FilePath).Select(target.RuleOf).FirstOrDefault() ?? "another spelling of the name";
        else if (expected != target.Name) rule = set.Name;
        if (shapeRule is not null) rule += (rule.Length > 0 ? ", " : "") + $"{shapeRule} from {source.ShapeText}";
        if (source.ElementType != ElementType.Float32) rule += (rule.Length > 0 ? ", " : "") + $"{source.TypeName} as float32";
        Add(source.FilePath, target.Name, target.Shape, rule.Length > 0 ? ImportOutcome.LoadedUnderRule : ImportOutcome.Loaded, rule);
    }

    public void Count(Counter counter, StoredTensor? source)
    {
        if (source is null) Add(null, counter.Name, [], ImportOutcome.New, "a counter that the file lacks, from 0");
        else Add(source.FilePath, counter.Name, [], source.FilePath == counter.Name ? ImportOutcome.Loaded : ImportOutcome.LoadedUnderRule,
            source.FilePath == counter.Name ? "" : set.Name);
    }

    public void New(ModuleParameter target, string rule) => Add(null, target.Name, target.Shape, ImportOutcome.New, rule);

    public void Ignore(StoredTensor tensor, string rule) =>
        lines.Add(new(tensor.FilePath, null, tensor.ShapeText, ImportOutcome.Ignored, rule));

    public ImportReceipt Close(Model model, Checkpoint checkpoint) =>
        new(Path.GetFileName(Path.TrimEndingDirectorySeparator(checkpoint.Path)), checkpoint.Format, model.ModelType, lines);

    private void Add(string? inFile, string inModel, Shape shape, ImportOutcome outcome, string rule) =>
        lines.Add(new(inFile, inModel, shape.ToString(), outcome, rule));
}
