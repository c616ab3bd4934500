using Graft.Models;

namespace Graft.Tasks;

/// <summary>A saved classifier: a folder with <c>model.safetensors</c>, <c>config.json</c>, <c>preprocessor_config.json</c> and
/// <c>graft.json</c>, as Hugging Face's users know it.</summary>
internal static class ClassifierBundle
{
    public const string WeightsFileName = "model.safetensors";

    /// <summary>Whether a path looks like a saved classifier rather than the name of a model.</summary>
    public static bool IsBundle(string path) => Directory.Exists(path) && File.Exists(Path.Combine(path, BundleConfig.FileName));

    /// <summary>Writes the folder: all four files beside it first, so that an interrupted save leaves an older one as it was.</summary>
    public static void Write(string folder, Model model, BundleConfig config, ImagePreprocessing preprocessing, GraftManifest manifest)
    {
        string full = Path.GetFullPath(folder);
        if (File.Exists(full)) throw new BundleException($"{folder}: is a file; a classifier is saved as a folder");
        Directory.CreateDirectory(full);
        string partial = Path.Combine(full, $".partial-{Guid.NewGuid():n}");
        Directory.CreateDirectory(partial);
        try
        {
            model.Save(Path.Combine(partial, WeightsFileName), new Dictionary<string, string> { ["format"] = "pt" });
            config.Write(Path.Combine(partial, BundleConfig.FileName));
            PreprocessorConfig.Write(Path.Combine(partial, PreprocessorConfig.FileName), preprocessing);
            manifest.Write(Path.Combine(partial, GraftManifest.FileName));
            foreach (string file in Directory.EnumerateFiles(partial)) File.Move(file, Path.Combine(full, Path.GetFileName(file)), overwrite: true);
        }
        finally
        {
            Directory.Delete(partial, recursive: true);
        }
    }

    /// <exception cref="BundleException">A file is missing or malformed, or the weights are of another model.</exception>
    public static (ImageModel Model, BundleConfig Config, ImagePreprocessing Preprocessing, GraftManifest? Manifest) Read(string folder)
    {
        if (!Directory.Exists(folder)) throw new BundleException($"{folder}: there is no such folder");
        string configPath = Path.Combine(folder, BundleConfig.FileName), manifestPath = Path.Combine(folder, GraftManifest.FileName);
        var config = BundleConfig.Read(configPath);
        if (!ModelRegistry.Names.Contains(config.Model))
            throw new BundleException($"{configPath}: the model '{config.Model}' is not one of {string.Join(", ", ModelRegistry.Names)}");
        var preprocessing = PreprocessorConfig.Read(Path.Combine(folder, PreprocessorConfig.FileName));
        var manifest = File.Exists(manifestPath) ? GraftManifest.Read(manifestPath) : null;
        var model = ModelRegistry.Create(config.Model, config.ClassNames.Count);
        using (var checkpoint = Checkpoint.Open(Path.Combine(folder, WeightsFileName))) model.Load(checkpoint);
        // how training varies pictures is not in the file: the model's own way
        return (model, config, preprocessing with { Augmentation = PublishedModel.Of(config.Model).Preprocessing.Augmentation }, manifest);
    }
}
