namespace Graft.Models;

/// <summary>How a model's keys are spelled in one file: with what <c>DataParallel</c> puts before all of them, and with or without
/// the key of the trunk, as the file is of a bare encoder or of one with a head.</summary>
internal sealed class KeyMap
{
    private const string Parallel = "module.";

    private readonly string outer;
    private readonly string taken;
    private readonly string put;
    private readonly string? trunkInFile;

    private KeyMap(string outer, string taken = "", string put = "", string? trunkInFile = null) =>
        (this.outer, this.taken, this.put, this.trunkInFile) = (outer, taken, put, trunkInFile);

    /// <summary>Whether the model is a bare trunk and the file has one within something larger.</summary>
    public bool IsWithinTrunk => put.Length > 0;

    public static KeyMap Of(Model model, Checkpoint checkpoint)
    {
        string outer = checkpoint.Tensors.All(tensor => tensor.Key.StartsWith(Parallel, StringComparison.Ordinal)) ? Parallel : "";
        if (model.TrunkKey is not { } trunk) return new KeyMap(outer);
        trunk += ".";
        bool inModel = model.Tensors().Any(tensor => tensor.Name.StartsWith(trunk, StringComparison.Ordinal));
        bool inFile = checkpoint.Tensors.Any(tensor => tensor.Key.StartsWith(outer + trunk, StringComparison.Ordinal));
        return new KeyMap(outer, taken: inModel && !inFile ? trunk : "", put: inFile && !inModel ? trunk : "", trunkInFile: inFile ? trunk : null);
    }

    /// <summary>The file's spelling of a key of the model.</summary>
    public string InFile(string key)
    {
        if (taken.Length > 0 && key.StartsWith(taken, StringComparison.Ordinal)) key = key[taken.Length..];
        return outer + put + key;
    }

    /// <summary>A key of the file without what stands before all of them.</summary>
    public string Short(string key) => key[outer.Length..];

    /// <summary>Whether a key of the file stands beside the trunk, so is of some head.</summary>
    public bool IsBesideTrunk(string key) => trunkInFile is not null && !Short(key).StartsWith(trunkInFile, StringComparison.Ordinal);
}
