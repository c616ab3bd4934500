using FilePath = System.IO.Path;

namespace Graft.Models;

/// <summary>Which file of a folder is its checkpoint; the rule is on <see cref="Checkpoint"/>.</summary>
internal static class CheckpointFolder
{
    // Hugging Face's order.
    private static readonly string[] Customary =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    private static readonly string[] Adapters = ["adapter_model.safetensors", "adapter_model.bin"];

    private static readonly string[] Extensions = [".safetensors", ".bin", ".pt", ".pth", ".th", ".ckpt"];

    // What Hugging Face's trainer and accelerate leave beside the weights.
    private static readonly string[] TrainingStates =
        ["optimizer", "scheduler", "scaler", "rng_state", "random_states", "training_args", "trainer_state", "sampler"];

    /// <exception cref="CheckpointException">There is no checkpoint in the folder, several, or it may not be read.</exception>
    public static string Find(string folder)
    {
        string[] names;
        try
        {
            names = [.. Directory.EnumerateFiles(folder).Select(path => FilePath.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(folder, "a folder that may not be read: ask for permission on it", exception);
        }
        string? found = Customary.FirstOrDefault(names.Contains)
            ?? Only(folder, names.Where(name => name.EndsWith(".safetensors.index.json", StringComparison.Ordinal)
                || name.EndsWith(".bin.index.json", StringComparison.Ordinal)))
            ?? Only(folder, names.Where(name => IsCheckpoint(name, Extensions)))
            ?? Only(folder, names.Where(name => IsCheckpoint(name, CheckpointFormats.Registered.SelectMany(format => format.Extensions))))
            ?? Adapters.FirstOrDefault(names.Contains);
        return found is not null
            ? FilePath.Combine(folder, found)
            : throw new CheckpointException(
                folder, "a folder without a checkpoint (model.safetensors, pytorch_model.bin or another): give the path of the file");
    }

    private static bool IsCheckpoint(string name, IEnumerable<string> extensions) => name[0] != '.' && !Adapters.Contains(name)
        && extensions.Contains(FilePath.GetExtension(name), StringComparer.OrdinalIgnoreCase)
        && !TrainingStates.Any(state => name.StartsWith(state, StringComparison.Ordinal));

    private static string? Only(string folder, IEnumerable<string> candidates)
    {
        string[] found = [.. candidates];
        if (found.Length < 2) return found.FirstOrDefault();
        string names = Printable.Some(found);
        throw new CheckpointException(folder, found.All(IsShard)
            ? $"a folder with {found.Length} shards ({names}) and without the index that names their tensors "
                + "(model.safetensors.index.json): fetch it too"
            : $"a folder with {found.Length} checkpoints ({names}): give the path of the one to open");
    }

    private static bool IsShard(string name) => name.Contains("-of-", StringComparison.Ordinal);
}
