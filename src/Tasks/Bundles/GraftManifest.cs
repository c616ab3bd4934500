using System.Text.Json;

namespace Graft.Tasks;

/// <summary>A saved classifier's <c>graft.json</c>: where it came from, how it was trained and how well it did.</summary>
internal sealed record GraftManifest
{
    public const string FileName = "graft.json";

    private static readonly string[] Known = ["graft_version", "recipe", "base_checkpoint", "metrics"];

    /// <summary>The version of Graft that saved the classifier.</summary>
    public required string GraftVersion { get; init; }

    /// <summary>How it was trained; null where it was only converted.</summary>
    public FineTuneRecipe? Recipe { get; init; }

    /// <summary>The published weights that training began with; null for none.</summary>
    public BaseCheckpoint? BaseCheckpoint { get; init; }

    /// <summary>Figures of the saved classifier: "accuracy", "loss".</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Members that this version does not know, kept as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Reads the file.</summary>
    /// <exception cref="CheckpointException">The file is missing or malformed.</exception>
    public static GraftManifest Read(string path) => Read(JsonFile.Read(path));

    public static GraftManifest Parse(ReadOnlyMemory<byte> json, string name) => Read(JsonFile.Parse(json, name));

    public void Write(string path) => JsonFile.Write(path, Write);

    public byte[] Format() => JsonFile.Format(Write);

    private static GraftManifest Read(JsonObjectReader manifest)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        if (manifest.Object("metrics") is { } figures)
        {
            foreach (var member in figures.Element.EnumerateObject())
                if (figures.Number(member.Name) is { } figure) metrics[member.Name] = figure;
        }
        return new GraftManifest
        {
            GraftVersion = manifest.Text("graft_version") ?? throw manifest.Missing("graft_version"),
            Recipe = manifest.Object("recipe") is { } recipe ? FineTuneRecipe.Read(recipe) : null,
            BaseCheckpoint = manifest.Object("base_checkpoint") is { } checkpoint ? BaseCheckpoint.Read(checkpoint) : null,
            Metrics = metrics,
            Other = manifest.Others(Known),
        };
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("graft_version", GraftVersion);
        if (BaseCheckpoint is { } checkpoint)
        {
            writer.WriteStartObject("base_checkpoint");
            checkpoint.Write(writer);
            writer.WriteEndObject();
        }
        if (Recipe is { } recipe)
        {
            writer.WriteStartObject("recipe");
            recipe.Write(writer);
            writer.WriteEndObject();
        }
        writer.WriteStartObject("metrics");
        // JSON has no infinity and no NaN: a figure that is one (the loss of a run that diverged) reads as null
        foreach (var (name, value) in Metrics)
        {
            if (double.IsFinite(value)) writer.WriteNumber(name, value);
            else writer.WriteNull(name);
        }
        writer.WriteEndObject();
        writer.WriteMembers(Other);
    }
}
