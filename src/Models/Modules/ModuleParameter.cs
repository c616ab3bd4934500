using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A parameter or a buffer of a module. A buffer is kept and saved like a parameter but never has a gradient.</summary>
internal sealed class ModuleParameter(Module owner, string key, Shape shape, Initialiser initialiser, bool isBuffer) : Parameter(shape)
{
    private readonly List<(Module Owner, string Key, string Rule)> aliases = [];

    /// <summary>Its key within its module.</summary>
    public string Key => key;

    /// <summary>The module that made it.</summary>
    public Module Owner => owner;

    /// <summary>Whether it is a buffer: a batch norm's running statistics.</summary>
    public bool IsBuffer => isBuffer;

    public override string Name => owner.KeyOf(key);

    public override WeightLock Lock => owner.Weights;

    /// <summary>The outermost module that it is part of.</summary>
    internal Module Root => owner.Root;

    /// <summary>How it takes values of another shape; null where it takes none.</summary>
    public StoredShapeRule? OtherShapes { get; init; }

    /// <summary>Other keys under which a file may have the same values: tied weights, and names of earlier years.</summary>
    public IEnumerable<string> Aliases => aliases.Select(alias => alias.Owner.KeyOf(alias.Key));

    public void AddAlias(Module at, string inner, string rule) => aliases.Add((at, inner, rule));

    /// <summary>What a receipt calls the use of another key; null where it is none of them.</summary>
    public string? RuleOf(string key)
    {
        foreach (var alias in aliases)
            if (alias.Owner.KeyOf(alias.Key) == key) return alias.Rule;
        return null;
    }

    protected override void Initialise(Span<float> numbers) =>
        initialiser.Fill(numbers, Shape, new RandomStream(owner.Root.Seed, Name));
}

/// <summary>An integer that a checkpoint keeps beside the tensors: a batch norm's <c>num_batches_tracked</c>.</summary>
internal sealed class Counter(Module owner, string key)
{
    /// <summary>Its key within its module.</summary>
    public string Key => key;

    public string Name => owner.KeyOf(key);

    /// <summary>The module that made it.</summary>
    public Module Owner => owner;

    public long Value { get; set; }
}
