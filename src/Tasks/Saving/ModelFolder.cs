using System.Globalization;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The folder of a saved model, as Hugging Face's users know it: <c>model.safetensors</c>, <c>config.json</c>, what a task says
/// of its inputs (<c>preprocessor_config.json</c>), and <c>graft.json</c>.</summary>
/// <remarks>Its files are all of one save, whenever a process ends: they are written aside, one rename makes them the folder's, and only
/// then do they replace the older ones.</remarks>
public static class ModelFolder
{
    /// <summary>The file of the weights.</summary>
    public const string WeightsFileName = "model.safetensors";

    /// <summary>The file that says which architecture and labels the weights are of.</summary>
    public const string ConfigFileName = ModelConfig.FileName;

    /// <summary>The file that says where the model came from, how it was trained and how well it did.</summary>
    public const string ManifestFileName = "graft.json";

    /// <summary>Files of a finished save that are not yet moved; they take precedence over those beside them.</summary>
    private const string Saved = ".saved";

    private const string Partial = ".partial-";

    /// <summary>Whether a path looks like a saved model rather than the name of an architecture.</summary>
    /// <param name="path">The path.</param>
    public static bool IsOne(string path) => Directory.Exists(path) && File.Exists(PathOf(path, ConfigFileName));

    /// <summary>Whether a folder was saved by a task, rather than published on a hub.</summary>
    /// <param name="path">The path.</param>
    public static bool IsSaved(string path) => Directory.Exists(path) && File.Exists(PathOf(path, ManifestFileName));

    /// <summary>Writes the folder, all of its files or none of them.</summary>
    internal static void Write<TRecipe>(
        string folder, Model model, Adapters? adapters, ModelConfig config, ModelManifest<TRecipe> manifest, RecipeTable<TRecipe> table, Action<string> writeInputs)
        where TRecipe : class, new()
    {
        manifest = manifest with { HasAdapter = adapters is not null };
        Write(folder, partial =>
        {
            string weights = Path.Combine(partial, WeightsFileName);
            var metadata = new Dictionary<string, string> { ["format"] = "pt" };
            if (adapters is null) model.Save(weights, metadata);
            else SavedAdapter.Write(partial, weights, metadata, adapters, config);
            model.WriteArchitecture(partial);
            config.Write(Path.Combine(partial, ConfigFileName));
            writeInputs(partial);
            if (manifest.Receipt is { } receipt) JsonFile.Write(Path.Combine(partial, ImportReceipt.FileName), receipt.Write);
            JsonFile.Write(Path.Combine(partial, ManifestFileName), writer => manifest.Write(writer, table));
        });
        if (adapters is null) SavedAdapter.Remove(folder);
    }

    /// <summary>Reads what a folder says of its model; the caller creates the model and loads the weights.</summary>
    /// <exception cref="CheckpointException">A file is missing or malformed.</exception>
    internal static (ModelConfig Config, ModelManifest<TRecipe> Manifest) Read<TRecipe>(string folder, RecipeTable<TRecipe> table) where TRecipe : class, new()
    {
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "there is no such folder");
        string path = PathOf(folder, ManifestFileName), receipt = PathOf(folder, ImportReceipt.FileName);
        var manifest = File.Exists(path) ? ModelManifest<TRecipe>.Read(JsonFile.Read(path), table) : new ModelManifest<TRecipe>();
        return (ModelConfig.Read(PathOf(folder, ConfigFileName)), manifest with { Receipt = File.Exists(receipt) ? ImportReceipt.Read(receipt) : null });
    }

    /// <summary>The file as it was saved last.</summary>
    internal static string PathOf(string folder, string file)
    {
        string saved = Path.Combine(folder, Saved, file);
        return File.Exists(saved) ? saved : Path.Combine(folder, file);
    }

    /// <summary>Writes files into a folder, all or none.</summary>
    /// <param name="folder">The folder; made where it is not there.</param>
    /// <param name="write">Writes them into the folder that it is given.</param>
    /// <exception cref="IOException">They cannot be written; older ones are as they were.</exception>
    internal static void Write(string folder, Action<string> write)
    {
        string full = Path.GetFullPath(folder);
        if (File.Exists(full)) throw new CheckpointException(folder, "is a file; a model is saved as a folder");
        bool isNew = !Directory.Exists(full);
        Directory.CreateDirectory(full);
        Settle(full);
        RemoveStale(full);
        string partial = Path.Combine(full, string.Create(CultureInfo.InvariantCulture, $"{Partial}{Environment.ProcessId}-{Guid.NewGuid():n}"));
        try
        {
            Directory.CreateDirectory(partial);
            write(partial);
            Directory.Move(partial, Path.Combine(full, Saved));
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            if (isNew && !Directory.EnumerateFileSystemEntries(full).Any()) Directory.Delete(full);
        }
        Settle(full);
    }

    /// <summary>Moves the files of a finished save into the folder.</summary>
    private static void Settle(string folder)
    {
        string saved = Path.Combine(folder, Saved);
        if (!Directory.Exists(saved)) return;
        // a model may have folders within its own (a sentence encoder's 1_Pooling)
        foreach (string file in Directory.EnumerateFiles(saved, "*", SearchOption.AllDirectories))
        {
            string place = Path.Combine(folder, Path.GetRelativePath(saved, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(file, place, overwrite: true);
        }
        Directory.Delete(saved, recursive: true);
    }

    /// <summary>Takes away what processes left that were ended while they saved.</summary>
    private static void RemoveStale(string folder)
    {
        foreach (string partial in Directory.EnumerateDirectories(folder, Partial + "*"))
        {
            string owner = Path.GetFileName(partial)[Partial.Length..].Split('-')[0];
            if (!(int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out int process) && IsRunning(process))) Directory.Delete(partial, recursive: true);
        }
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
