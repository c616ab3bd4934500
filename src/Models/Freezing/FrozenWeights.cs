using System.Buffers;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The contract that what is frozen stays as it is: hashes of every frozen parameter and of every buffer and counter that is not to move, taken when
/// a training begins and compared later. A <c>Trainer</c> keeps one for each of its models; <see cref="Model.Save"/> compares too.</summary>
/// <remarks>Running statistics that a policy lets follow the batch are no part of it. The numbers are read on the CPU or copied from another device, once a
/// comparison; a step costs nothing. Used by the training thread alone.</remarks>
public sealed class FrozenWeights : IDisposable
{
    private readonly Model model;
    private readonly Dictionary<object, ulong> hashes = [];
    private long changes = -1;

    private FrozenWeights(Model model) => this.model = model;

    /// <summary>Whether a training goes on that it belongs to.</summary>
    internal bool IsTraining { get; private set; } = true;

    /// <summary>Takes the hashes of what is frozen now.</summary>
    /// <param name="model">The model; <see cref="Model.Save"/> compares with them from here on, until its weights are changed by other means than this training.</param>
    public static FrozenWeights Watch(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var watch = new FrozenWeights(model);
        watch.Renew();
        model.Watch = watch;
        return watch;
    }

    /// <summary>How many tensors and counters it watches.</summary>
    public int Count => hashes.Count;

    /// <summary>Takes up what has been frozen since, and lets go what has been unfrozen.</summary>
    public void Renew()
    {
        using var reading = model.Weights.Read();
        var frozen = Frozen().ToDictionary(static part => part.Part, static part => part.Name);
        foreach (object gone in hashes.Keys.Where(part => !frozen.ContainsKey(part)).ToList()) hashes.Remove(gone);
        foreach (object part in frozen.Keys)
            if (!hashes.ContainsKey(part)) hashes.Add(part, HashOf(part));
        changes = model.Weights.Changes;
    }

    /// <summary>Compares what it watches and is still frozen.</summary>
    /// <param name="when">When it changed, if it did: <c>in epoch 3</c>.</param>
    /// <exception cref="FrozenWeightsException">Something changed; the exception names the first.</exception>
    public void Check(string when)
    {
        using var reading = model.Weights.Read();
        foreach (var (part, name) in Frozen())
            if (hashes.TryGetValue(part, out ulong hash) && HashOf(part) != hash) throw new FrozenWeightsException(name, model.Name, when);
        changes = model.Weights.Changes;
    }

    /// <summary>Says that the training has ended.</summary>
    public void Dispose() => IsTraining = false;

    /// <summary>Compares, unless the weights were changed by other means since the last comparison of a training that is over.</summary>
    internal void CheckSaved()
    {
        if (IsTraining || changes == model.Weights.Changes) Check("before the model was saved");
    }

    private IEnumerable<(object Part, string Name)> Frozen()
    {
        foreach (var tensor in model.Tensors())
            if (tensor.IsBuffer ? IsKept(tensor.Owner) : tensor.IsFrozen) yield return (tensor, tensor.Name);
        foreach (var counter in model.Counters())
            if (IsKept(counter.Owner)) yield return (counter, counter.Name);
    }

    /// <summary>Whether a module's buffers are to stay: running statistics that no policy moves, and those of other modules whose parameters are all frozen.</summary>
    private static bool IsKept(Module owner) => owner is BatchNorm2d norm ? !norm.TracksStatistics : owner.IsFrozen;

    private static ulong HashOf(object part)
    {
        if (part is Counter counter) return (ulong)counter.Value;
        var numbers = ((Parameter)part).Value;
        if (numbers.Device is CpuDevice && numbers.IsContiguous) return NumberHash.Of(numbers.Span());
        int count = checked((int)numbers.Shape.ElementCount);
        float[] copy = ArrayPool<float>.Shared.Rent(count);
        try
        {
            numbers.CopyTo(copy.AsSpan(0, count));
            return NumberHash.Of(copy.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(copy);
        }
    }
}
