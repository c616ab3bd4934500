namespace Graft.Tasks;

/// <summary>Folders of adapters, as PEFT saves them.</summary>
public static class AdapterFolder
{
    /// <summary>The folder within a saved model's that its adapters are in.</summary>
    public const string Name = "adapter";

    private const string ConfigName = "adapter_config.json";

    /// <summary>Whether a folder holds adapters.</summary>
    /// <param name="path">The folder.</param>
    public static bool IsOne(string path) => File.Exists(Path.Combine(path, ConfigName));

    /// <summary>The folder with adapters that a path leads to: itself, or that within a model's.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="CheckpointException">There is no such folder.</exception>
    public static string Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) throw new CheckpointException(path, "there is no such folder of adapters");
        string inner = Path.Combine(path, Name);
        return IsOne(path) || !IsOne(inner) ? path : inner;
    }
}
