namespace Graft.Tasks;

/// <summary>A saved classifier: a folder with <c>model.safetensors</c>, <c>config.json</c>, <c>preprocessor_config.json</c> and
/// <c>graft.json</c>, as Hugging Face's users know it.</summary>
internal static class ClassifierBundle
{
    public const string WeightsFileName = "model.safetensors";

    /// <summary>Whether a path looks like a saved classifier rather than the name of a model.</summary>
    public static bool IsBundle(string path) => Directory.Exists(path) && File.Exists(BundleFolder.PathOf(path, HubConfig.FileName));

    /// <summary>Writes the folder, all four files or none of them.</summary>
    public static void Write(string folder, Model model, ModelConfig config, ImagePreprocessing preprocessing, GraftManifest manifest) =>
        BundleFolder.Write(folder, partial =>
        {
            model.Save(Path.Combine(partial, WeightsFileName), new Dictionary<string, string> { ["format"] = "pt" });
            config.Write(Path.Combine(partial, HubConfig.FileName));
            PreprocessorConfig.Write(Path.Combine(partial, PreprocessorConfig.FileName), preprocessing);
            manifest.Write(Path.Combine(partial, GraftManifest.FileName));
        });

    /// <exception cref="CheckpointException">A file is missing or malformed, or the weights are of another model.</exception>
    public static (ImageModel Model, ModelConfig Config, ImagePreprocessing Preprocessing, GraftManifest? Manifest) Read(string folder)
    {
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "there is no such folder");
        string configPath = BundleFolder.PathOf(folder, HubConfig.FileName), manifestPath = BundleFolder.PathOf(folder, GraftManifest.FileName);
        var config = ModelConfig.Read(configPath);
        if (!ModelRegistry.Names.Contains(config.Model))
            throw new CheckpointException(configPath, $"the model '{config.Model}' is not one of {string.Join(", ", ModelRegistry.Names)}{NearName.Hint(config.Model, ModelRegistry.Names)}");
        var preprocessing = PreprocessorConfig.Read(BundleFolder.PathOf(folder, PreprocessorConfig.FileName));
        var manifest = File.Exists(manifestPath) ? GraftManifest.Read(manifestPath) : null;
        var model = ModelRegistry.Create(config.Model, config.Labels.Count);
        using (var checkpoint = Checkpoint.Open(BundleFolder.PathOf(folder, WeightsFileName))) model.Load(checkpoint);
        // how training varies pictures is not in that file: as the last training did, or the model's own way
        var augmentation = manifest?.Recipe?.Augmentation ?? ModelRegistry.Pretrained(config.Model).Preprocessing.Augmentation;
        return (model, config, preprocessing with { Augmentation = augmentation }, manifest);
    }
}
