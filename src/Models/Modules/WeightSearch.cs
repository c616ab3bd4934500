namespace Graft.Models;

/// <summary>Finds the one set of weights in a file that a model takes; the rules are on <see cref="LoadOptions"/>.</summary>
internal sealed class WeightSearch
{
    private const int Anchors = 3;
    private const int MostCompared = 64;
    private const int Named = 10;

    // of a student and its teacher the teacher, as self-distillation (DINO) evaluates it
    private static readonly string[] CustomaryNames = ["state_dict", "model_state_dict", "model", "teacher"];

    private static readonly string[] AverageWords =
        ["ema", "swa", "avg", "average", "averaged", "averages", "averager", "shadow", "momentum", "polyak", "lookahead", "slow"];

    private readonly Model model;
    private readonly Checkpoint checkpoint;
    private readonly List<ModuleParameter> trunk;
    private readonly List<ModuleParameter> head;

    private WeightSearch(Model model, Checkpoint checkpoint)
    {
        this.model = model;
        this.checkpoint = checkpoint;
        var inHead = model.HeadTensors().ToHashSet();
        trunk = [.. model.Tensors().Where(tensor => !inHead.Contains(tensor))];
        head = [.. inHead];
    }

    /// <summary>The set that is taken, and the others that fit.</summary>
    /// <exception cref="CheckpointException">What the options ask for is not there, or several sets fit and no rule decides.</exception>
    public static (WeightSet Taken, IReadOnlyList<WeightSet> Others) Run(Model model, Checkpoint checkpoint, LoadOptions options) =>
        new WeightSearch(model, checkpoint).Run(options);

    private (WeightSet Taken, IReadOnlyList<WeightSet> Others) Run(LoadOptions options)
    {
        var byPath = new Dictionary<string, StoredTensor>(checkpoint.Tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in checkpoint.Tensors) byPath.TryAdd(tensor.FilePath, tensor);
        var candidates = WeightSet.Candidates(model, [.. trunk.Take(Anchors)], checkpoint, byPath);
        candidates = Asked(candidates, options);
        var fitting = candidates.Where(set => trunk.All(tensor => set.Find(tensor) is not null)).ToList();
        if (fitting.Any(HasHead)) fitting.RemoveAll(set => !HasHead(set));
        if (fitting.Count == 0)
        {
            // The one that says best what is missing.
            var nearest = candidates.Take(MostCompared).MaxBy(set => trunk.Concat(head).Count(tensor => set.Find(tensor) is not null));
            return (nearest ?? WeightSet.None(byPath), []);
        }
        var distinct = Distinct(fitting);
        var taken = Decide(distinct) ?? throw new CheckpointException(checkpoint.Path,
            $"holds {distinct.Count} sets of weights that fit {model.Name}: {Printable.Some(distinct.Select(set => set.Name), Named)}; "
            + "name one by its entry or prefix (--entry, --prefix)");
        return (taken, [.. distinct.Where(set => set != taken)]);
    }

    private bool HasHead(WeightSet set) => head.All(tensor => set.Find(tensor) is not null);

    private List<WeightSet> Asked(List<WeightSet> candidates, LoadOptions options)
    {
        var all = candidates;
        if (options.Entry is { } entry)
        {
            candidates = [.. candidates.Where(set => set.Entry == entry || (set.Entry + '.').StartsWith(entry + '.', StringComparison.Ordinal)
                || (set.Entry.Length == 0 && set.Prefix.StartsWith(entry + '.', StringComparison.Ordinal)))];
            if (candidates.Count == 0) throw NotThere(all, $"the entry '{Printable.Text(entry)}'");
        }
        if (options.Prefix is { } given)
        {
            string prefix = given.Length == 0 || given.EndsWith('.') ? given : given + '.';
            candidates = [.. candidates.Where(set => set.Prefix == prefix
                || (prefix.Length > 0 && set.Prefix.Length == 0 && $".{set.Entry}.".EndsWith('.' + prefix, StringComparison.Ordinal)))];
            if (candidates.Count == 0) throw NotThere(all, $"the prefix '{Printable.Text(given)}'");
        }
        return candidates;
    }

    private CheckpointException NotThere(List<WeightSet> all, string asked)
    {
        var fitting = all.Where(set => trunk.All(tensor => set.Find(tensor) is not null)).ToList();
        var entries = checkpoint.Tensors.Select(tensor => tensor.Container).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal);
        string there = fitting.Count > 0 ? $"what fits is {Printable.Some(fitting.Select(set => set.Name), Named)}"
            : entries.Any() ? $"its entries are {Printable.Some(entries, Named)}" : "it has no entries";
        return new CheckpointException(checkpoint.Path, $"has no weights of {model.Name} in {asked}; {there}");
    }

    // The same tensors under two names are one set.
    private List<WeightSet> Distinct(List<WeightSet> sets)
    {
        var distinct = new List<WeightSet>();
        foreach (var set in sets.Take(MostCompared))
            if (!distinct.Exists(other => trunk.All(tensor => set.Find(tensor)!.IsSameAs(other.Find(tensor)!)))) distinct.Add(set);
        return distinct;
    }

    private static WeightSet? Decide(List<WeightSet> sets)
    {
        if (Only(sets) is { } only) return only;
        if (Only(sets.Where(set => set.Entry.Length == 0 && set.Prefix.Length == 0)) is { } plain) return plain;
        var raw = sets.Where(set => !IsAveraged(set)).ToList();
        if (Only(raw) is { } single) return single;
        foreach (string name in CustomaryNames)
            if (Only(raw.Where(set => set.Entry == name)) is { } customary) return customary;
        return null;
    }

    private static bool IsAveraged(WeightSet set) =>
        $"{set.Entry}.{set.Prefix}".ToLowerInvariant().Split('.', '_', '-').Any(AverageWords.Contains);

    private static WeightSet? Only(IEnumerable<WeightSet> sets)
    {
        var two = sets.Take(2).ToList();
        return two.Count == 1 ? two[0] : null;
    }
}
