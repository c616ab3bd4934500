using System.Text.Json;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A saved model's <c>graft.json</c>: where it came from, how it was trained and how well it did.</summary>
internal sealed record ModelManifest<TRecipe> where TRecipe : class, new()
{
    private const string RecipeKey = "recipe", CheckpointKey = "base_checkpoint", VersionKey = "graft_version", MetricsKey = "metrics",
        InputsKey = "preprocessing", AdapterKey = "adapter_folder";

    /// <summary>The version of Graft that saved the model.</summary>
    public string GraftVersion { get; init; } = typeof(ModelFolder).Assembly.GetName().Version!.ToString(3);

    /// <summary>How it was trained; null where it was only converted.</summary>
    public SavedRecipe<TRecipe>? Recipe { get; init; }

    /// <summary>The published weights that training began with; null for none.</summary>
    public Provenance? Provenance { get; init; }

    /// <summary>What was done to inputs when the model was saved, as its own file says it; null in a folder without.</summary>
    public JsonElement? Inputs { get; init; }

    /// <summary>How the first weights were imported, kept in a file of its own; null where nothing was.</summary>
    public ImportReceipt? Receipt { get; init; }

    /// <summary>Whether the folder has adapters, which its weights are the base of.</summary>
    public bool HasAdapter { get; init; }

    /// <summary>Figures of the saved model: "accuracy", "loss".</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Members that this version does not know, kept as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Reads the file.</summary>
    /// <exception cref="CheckpointException">The file is malformed.</exception>
    public static ModelManifest<TRecipe> Read(JsonObjectReader manifest, RecipeTable<TRecipe> table)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        if (manifest.Object(MetricsKey) is { } figures)
        {
            foreach (var member in figures.Element.EnumerateObject())
                if (figures.Number(member.Name) is { } figure) metrics[member.Name] = figure;
        }
        return new ModelManifest<TRecipe>
        {
            GraftVersion = manifest.Text(VersionKey) ?? throw manifest.Missing(VersionKey),
            Recipe = manifest.Object(RecipeKey) is { } recipe ? SavedRecipe<TRecipe>.Read(recipe, table, new TRecipe()) : null,
            Provenance = manifest.Object(CheckpointKey) is { } checkpoint ? Provenance.Read(checkpoint) : null,
            Inputs = manifest.Object(InputsKey)?.Element,
            HasAdapter = manifest.Text(AdapterKey) is not null,
            Metrics = metrics,
            Other = manifest.Others(VersionKey, RecipeKey, CheckpointKey, MetricsKey, InputsKey, AdapterKey),
        };
    }

    /// <summary>Reads the recipe of a saved model.</summary>
    /// <param name="path">The model's folder, or its <c>graft.json</c>.</param>
    /// <param name="table">The recipe's options.</param>
    /// <param name="foreign">Members that recipes of another kind have, and what those are of.</param>
    /// <exception cref="CheckpointException">There is no such file, it is malformed or of another kind, or the model was not fine-tuned.</exception>
    public static TRecipe ReadRecipe(string path, RecipeTable<TRecipe> table, (IEnumerable<string> Keys, string Of) foreign)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? ModelFolder.PathOf(path, ModelFolder.ManifestFileName) : path;
        var recipe = Read(JsonFile.Read(file), table).Recipe ?? throw new CheckpointException(file, "has no recipe: the model was not fine-tuned");
        return foreign.Keys.FirstOrDefault(key => !table.Keys.Contains(key) && recipe.Other.ContainsKey(key)) is not { } odd ? recipe.Options
            : throw new CheckpointException(file, $"has the recipe of a model of {foreign.Of}: it says '{odd}'");
    }

    public void Write(Utf8JsonWriter writer, RecipeTable<TRecipe> table)
    {
        writer.WriteString(VersionKey, GraftVersion);
        if (HasAdapter) writer.WriteString(AdapterKey, SavedAdapter.FolderName);
        if (Provenance is { } checkpoint)
        {
            writer.WriteStartObject(CheckpointKey);
            checkpoint.Write(writer);
            writer.WriteEndObject();
        }
        if (Recipe is { } recipe)
        {
            writer.WriteStartObject(RecipeKey);
            recipe.Write(writer, table);
            writer.WriteEndObject();
        }
        if (Inputs is { } inputs)
        {
            writer.WritePropertyName(InputsKey);
            inputs.WriteTo(writer);
        }
        writer.WriteStartObject(MetricsKey);
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
