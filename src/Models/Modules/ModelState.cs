namespace Graft.Models;

/// <summary>Everything of a model that training moves, as it is, under the model's own keys (PyTorch's <c>state_dict</c>), and back.</summary>
/// <remarks>Unlike <see cref="Model.Save"/> and <see cref="Model.Load(Checkpoint, bool)"/> it takes part of nothing and searches nothing: what
/// <see cref="Entries"/> gave is what <see cref="Restore"/> wants.</remarks>
public static class ModelState
{
    /// <summary>All parameters, buffers and counters, adapters included; their values are asked for when they are written.</summary>
    /// <param name="model">The model, which has to stay as it is until then.</param>
    /// <param name="prefix">What stands before each key.</param>
    public static IEnumerable<TensorEntry> Entries(Model model, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prefix);
        return model.Tensors().Select(tensor => TensorEntry.From(prefix + tensor.Name, tensor.Value))
            .Concat(model.Counters().Select(counter => TensorEntry.From(prefix + counter.Name, [], new[] { counter.Value })));
    }

    /// <summary>Gives the model the values that <see cref="Entries"/> gave.</summary>
    /// <param name="model">A model of the same keys and shapes.</param>
    /// <param name="checkpoint">Where they were written.</param>
    /// <param name="prefix">What stands before each key there.</param>
    /// <exception cref="CheckpointException">One is missing, or of another shape or type; nothing was changed.</exception>
    public static void Restore(Model model, Checkpoint checkpoint, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(prefix);
        (ModuleParameter Target, StoredTensor Stored)[] tensors = [.. model.Tensors().Select(tensor => (tensor, Find(checkpoint, prefix + tensor.Name, tensor.Shape, ElementType.Float32)))];
        (Counter Target, long Value)[] counters = [.. model.Counters().Select(counter => (counter, Find(checkpoint, prefix + counter.Name, [], ElementType.Int64).ToInt64Array()[0]))];
        model.ChangeWeights(() =>
        {
            foreach (var (target, stored) in tensors) target.Fill(stored.CopyTo);
            foreach (var (target, value) in counters) target.Value = value;
        });
    }

    private static StoredTensor Find(Checkpoint checkpoint, string key, Graft.Tensors.Shape shape, ElementType type)
    {
        if (!checkpoint.TryGet(key, out var stored)) throw new CheckpointException(checkpoint.Path, $"has no '{Printable.Text(key)}': it was written of another model");
        return stored.ElementType == type && stored.Shape == shape
            ? stored
            : throw new CheckpointException(checkpoint.Path, $"has '{Printable.Text(key)}' as {stored} and the model as {shape}: it was written of another model");
    }
}
