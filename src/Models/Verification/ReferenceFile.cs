namespace Graft.Models;

/// <summary>What another library computed: <c>input.*</c>, <c>output.*</c>, <c>loss</c>, <c>grad.*</c>, and <c>train.*</c> of a training pass.</summary>
internal sealed class ReferenceFile(Checkpoint reference)
{
    public const string InputPrefix = "input.";

    /// <summary>A tensor; null where there is none.</summary>
    public StoredTensor? Find(string key) => reference.TryGet(key, out var tensor) ? tensor : null;

    /// <summary>The tensors whose keys begin so.</summary>
    public IEnumerable<StoredTensor> Under(string prefix) => reference.Tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Refuses inputs that a model does not take.</summary>
    public void RequireInputs(Model model, params ReadOnlySpan<string> known)
    {
        foreach (var tensor in Under(InputPrefix))
        {
            string name = tensor.Key[InputPrefix.Length..];
            if (!known.Contains(name)) throw Fail($"has the input '{Printable.Text(name)}', which {model.Name} does not take");
        }
    }

    /// <summary>An input of whole numbers; null where there is none.</summary>
    public int[]? Integers(string name)
    {
        if (Find(InputPrefix + name) is not { } tensor) return null;
        return Array.ConvertAll(
            tensor.ToInt64Array(),
            value => value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Fail($"tensor 'input.{name}' has the number {value}, which is no id"));
    }

    /// <summary>A complaint about the file.</summary>
    public CheckpointException Fail(string problem, Exception? cause = null) => new(reference.Path, problem, cause);
}
