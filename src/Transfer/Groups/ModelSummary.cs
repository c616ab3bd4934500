using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>What a training step moves and needs, group by group: parameters, rates, norms and memory.</summary>
/// <param name="Groups">The groups, from stem to head.</param>
public sealed record ModelSummary(IReadOnlyList<GroupSummary> Groups)
{
    /// <summary>The number of parameters.</summary>
    public long Parameters => Groups.Sum(static group => group.Parameters);

    /// <summary>How many of them learn.</summary>
    public long Trainable => Groups.Sum(static group => group.Trainable);

    /// <summary>The memory of a step over all groups.</summary>
    public StepMemory Memory => Groups.Aggregate(new StepMemory(0, 0, 0, 0), static (sum, group) => sum + group.Memory);

    /// <summary>Describes groups as they are now.</summary>
    /// <param name="optimiser">What moves them: its groups, its decay and what it keeps of each parameter.</param>
    /// <param name="device">Where <paramref name="forward"/> runs.</param>
    /// <param name="forward">A forward of one batch in a training pass, of which the activations that backward reads are measured; null to leave them out.</param>
    /// <param name="activationCheckpointing">Whether backward computes activations again (<see cref="Pass.ActivationCheckpointing"/>): what is kept then are the
    /// inputs of stages, and the activations of the one stage that needs most.</param>
    public static ModelSummary Of(Optimiser optimiser, Device device, Action<Pass>? forward = null, bool activationCheckpointing = false)
    {
        ArgumentNullException.ThrowIfNull(optimiser);
        ArgumentNullException.ThrowIfNull(device);
        var groups = optimiser.Groups;
        var activations = forward is null ? null : Activations(groups, device, forward, activationCheckpointing);
        return new ModelSummary([.. groups.Select((group, index) => Describe(group, index))]);

        GroupSummary Describe(ParameterGroup group, int index)
        {
            var stage = StageOf(groups, group);
            Module[] modules = stage is null ? [] : [.. stage.Modules.SelectMany(static module => module.Descendants().Prepend(module)).Distinct()];
            long buffers = stage is null ? 0 : stage.Modules.SelectMany(static module => module.Buffers()).Distinct().Sum(static buffer => buffer.Shape.ElementCount);
            long all = group.Parameters.Sum(static one => one.Shape.ElementCount), learning = group.Parameters.Where(static one => !one.IsFrozen).Sum(static one => one.Shape.ElementCount);
            return new GroupSummary(
                group.Name, all, learning, learning > 0 ? group.Rate : 0, learning > 0 ? group.WeightDecay ?? optimiser.WeightDecay : 0, NormsOf(modules),
                new StepMemory((all + buffers) * sizeof(float), learning * sizeof(float), learning * sizeof(float) * optimiser.StatePerParameter, activations?[index] ?? 0));
        }
    }

    private static Stage? StageOf(ParameterGroups groups, ParameterGroup group) => groups.Models.SelectMany(static model => model.Stages)
        .FirstOrDefault(stage => stage.Name == group.Name && stage.Modules.SelectMany(static module => module.Parameters()).SequenceEqual(group.Parameters));

    private static string NormsOf(Module[] modules)
    {
        BatchNorm2d[] batch = [.. modules.OfType<BatchNorm2d>()];
        Module[] others = [.. modules.Where(static module => module is LayerNorm or GroupNorm or RmsNorm)];
        string[] uses =
        [
            .. batch.Select(static norm => (norm.TracksStatistics ? "batch statistics" : "running statistics") + Affine(norm)).Distinct(),
            .. others.Select(static norm => norm.IsFrozen ? "frozen" : "learning").Distinct(),
        ];
        return uses.Length == 0 ? "none" : string.Join("; ", uses);

        static string Affine(BatchNorm2d norm) => norm.TracksStatistics == norm.IsFrozen ? norm.IsFrozen ? ", frozen affine" : ", learning affine" : "";
    }

    private static long[] Activations(ParameterGroups groups, Device device, Action<Pass> forward, bool isCheckpointing)
    {
        long[] kept = Held(groups, device, forward, isCheckpointing);
        if (!isCheckpointing) return kept;
        long[] whole = Held(groups, device, forward, isCheckpointing: false);
        // backward has the activations of one stage at a time
        int largest = Enumerable.Range(0, kept.Length).MaxBy(group => whole[group] - kept[group]);
        kept[largest] = Math.Max(kept[largest], whole[largest]);
        return kept;
    }

    /// <summary>How many of the bytes that the pass holds in the end came to be held within each group's layers; what no layer of a group made is the head's.</summary>
    private static long[] Held(ParameterGroups groups, Device device, Action<Pass> forward, bool isCheckpointing)
    {
        var stages = new Dictionary<object, int>();
        foreach (var (index, group) in groups.Index())
        {
            if (StageOf(groups, group) is not { } stage) continue;
            foreach (var module in stage.Modules.SelectMany(static module => module.Descendants().Prepend(module))) stages.TryAdd(module, index);
        }
        using var pass = Pass.Train(device);
        pass.ActivationCheckpointing = isCheckpointing;
        var owners = new Dictionary<DeviceMemory, int>();
        var before = pass.Held();
        pass.LayerWatch = (layer, _) =>
        {
            if (stages.TryGetValue(layer, out int stage)) Take(stage);
        };
        forward(pass);
        Take(groups.Count - 1);
        long[] bytes = new long[groups.Count];
        foreach (var memory in before) bytes[owners[memory]] += memory.Bytes;
        // statistics of a step that is not made
        pass.DiscardDeferred();
        return bytes;

        void Take(int stage)
        {
            var now = pass.Held();
            // a block that was given back may have come again
            foreach (var memory in now)
                if (!before.Contains(memory)) owners[memory] = stage;
            before = now;
        }
    }
}

/// <summary>One group of parameters in a <see cref="ModelSummary"/>.</summary>
/// <param name="Name">Its name: that of a stage.</param>
/// <param name="Parameters">How many parameters it has.</param>
/// <param name="Trainable">How many of them learn.</param>
/// <param name="Rate">Its highest learning rate; 0 where nothing learns.</param>
/// <param name="WeightDecay">The decay of what decays; 0 where nothing learns.</param>
/// <param name="Norms">What its norms do: <c>batch statistics</c>, <c>running statistics</c>, of norms without statistics <c>learning</c> or <c>frozen</c>; <c>none</c>.</param>
/// <param name="Memory">What a step needs of it.</param>
public sealed record GroupSummary(string Name, long Parameters, long Trainable, double Rate, double WeightDecay, string Norms, StepMemory Memory);

/// <summary>The memory of a training step, in bytes; what kernels need in between is not in it.</summary>
/// <param name="Weights">Parameters and buffers.</param>
/// <param name="Gradients">The gradients of what learns.</param>
/// <param name="OptimiserState">What the optimiser keeps of what learns: momentum, moments.</param>
/// <param name="Activations">What a pass holds for backward, measured; 0 where it was not.</param>
public readonly record struct StepMemory(long Weights, long Gradients, long OptimiserState, long Activations)
{
    /// <summary>All of it.</summary>
    public long Total => Weights + Gradients + OptimiserState + Activations;

    /// <summary>The sum.</summary>
    public static StepMemory operator +(StepMemory left, StepMemory right) => new(
        left.Weights + right.Weights, left.Gradients + right.Gradients, left.OptimiserState + right.OptimiserState, left.Activations + right.Activations);

    /// <summary>The sum, as the operator.</summary>
    public static StepMemory Add(StepMemory left, StepMemory right) => left + right;
}
