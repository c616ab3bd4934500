using System.Text.Json;

namespace Graft.Tasks;

/// <summary>Refuses a model's folder whose files contradict one another: whichever of them is wrong, the answers would be.</summary>
internal static class FolderContradictions
{
    /// <exception cref="CheckpointException">Two files disagree; both are named, with the member.</exception>
    public static void Require(
        string folder, ModelConfig config, ImageModel model, ModelManifest<ImageFineTuneOptions> manifest, ImagePreprocessing preprocessing)
    {
        string configPath = ModelFolder.PathOf(folder, ModelFolder.ConfigFileName);
        // a hub's config keeps the size of its publisher, and layers that take any size may be given another
        if ((model.InputSize is not null || config.Architecture is null) && config.ImageSize is { } size && preprocessing.OutputSize is { } prepared && size != prepared)
            throw new CheckpointException(configPath,
                $"'image_size' is {size}, but {PreprocessorConfig.FileName} makes pictures of {prepared}: one of the two files is of another model");
        if (manifest.Recipe is { } recipe && recipe.Model != model.ModelType)
            throw Other(folder, ModelFolder.ManifestFileName, "recipe.model", recipe.Model, model);
        if (manifest.Receipt is { } receipt && receipt.Model != model.ModelType)
            throw Other(folder, ImportReceipt.FileName, "model", receipt.Model, model);
        if (manifest.Inputs is { } recorded) RequireSame(folder, recorded, preprocessing);
    }

    /// <exception cref="CheckpointException">The head of the weights has another number of outputs than the config names.</exception>
    public static void RequireHead(string configPath, ImageModel model, Checkpoint checkpoint)
    {
        foreach (var parameter in model.Stages[^1].Modules.SelectMany(module => module.Parameters()))
        {
            if (!checkpoint.TryGet(parameter.Name, out var stored) || stored.Shape.Rank != parameter.Shape.Rank || stored.Shape[0] == parameter.Shape[0]) continue;
            throw new CheckpointException(configPath, $"'id2label' names {parameter.Shape[0]} classes, but the head in {Path.GetFileName(checkpoint.Path)} "
                + $"({parameter.Name}) is for {stored.Shape[0]}: one of the two files is of another model");
        }
    }

    private static CheckpointException Other(string folder, string file, string member, string said, ImageModel model) =>
        new(ModelFolder.PathOf(folder, file), $"'{member}' is '{Printable.Text(said)}', but {ModelFolder.ConfigFileName} is of "
            + $"'{Printable.Text(model.ModelType)}': one of the two files is of another model");

    private static void RequireSame(string folder, JsonElement recorded, ImagePreprocessing preprocessing)
    {
        var now = JsonFile.Parse(PreprocessorConfig.Format(preprocessing), PreprocessorConfig.FileName);
        string manifest = ModelFolder.PathOf(folder, ModelFolder.ManifestFileName);
        foreach (var member in now.Element.EnumerateObject())
        {
            if (recorded.TryGetProperty(member.Name, out var then) && JsonElement.DeepEquals(then, member.Value)) continue;
            throw new CheckpointException(ModelFolder.PathOf(folder, PreprocessorConfig.FileName),
                $"'{member.Name}' comes to {Printable.Text(member.Value.GetRawText().ReplaceLineEndings(""))}, but the model was saved with "
                + $"{(then.ValueKind == JsonValueKind.Undefined ? "none" : Printable.Text(then.GetRawText().ReplaceLineEndings("")))} "
                + $"('preprocessing' in {Path.GetFileName(manifest)}): give back the file that was saved, or change both");
        }
    }
}
