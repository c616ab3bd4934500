using Graft.Autograd;

namespace Graft.Models;

/// <summary>What a load filled and what it left.</summary>
/// <param name="Loaded">How many tensors were read.</param>
/// <param name="Replaced">Keys of a head of another size, left for training.</param>
public sealed record LoadReport(int Loaded, IReadOnlyList<string> Replaced);

internal static class ModelLoader
{
    private const int Named = 10;
    private const string CounterSuffix = "num_batches_tracked";

    public static LoadReport Load(Model model, Checkpoint checkpoint, bool replaceHead)
    {
        var keys = KeyMap.Of(model, checkpoint);
        var head = model.Stages[^1].Modules.SelectMany(module => module.Tensors()).Select(tensor => tensor.Name).ToHashSet();
        var fills = new List<(ModuleParameter Target, StoredTensor Source)>();
        List<string> missing = [], misshapen = [], replaced = [];
        var known = model.Counters().Select(counter => counter.Name).Concat(model.PassedOver()).Select(keys.InFile).ToHashSet(StringComparer.Ordinal);
        foreach (var target in model.Tensors())
        {
            string[] spellings = [.. target.Aliases.Prepend(target.Name).Select(keys.InFile)];
            known.UnionWith(spellings);
            var source = spellings.Select(spelling => checkpoint.TryGet(spelling, out var found) ? found : null).FirstOrDefault(found => found is not null);
            if (source?.Shape == target.Shape) fills.Add((target, source));
            else if (replaceHead && head.Contains(target.Name)) replaced.Add(target.Name);
            else if (source is null) missing.Add(target.Name);
            else misshapen.Add($"{target.Name} is {source.Shape}, not {target.Shape}");
        }
        var unexpected = checkpoint.Tensors.Select(tensor => tensor.Key)
            .Where(key => !known.Contains(key) && !key.EndsWith(CounterSuffix, StringComparison.Ordinal) && !IsOfAnotherHead(key)).Select(keys.Short).ToList();
        if (missing.Count + unexpected.Count + misshapen.Count > 0)
            throw new CheckpointException(checkpoint.Path, Describe(model, missing, unexpected, misshapen));

        using var alone = new WeightChange([model.Weights]);
        foreach (var (target, source) in fills) target.Fill(source.CopyTo);
        foreach (var counter in model.Counters())
            if (checkpoint.TryGet(keys.InFile(counter.Name), out var source)) counter.Value = source.ToInt64Array()[0];
        return new LoadReport(fills.Count, replaced);

        bool IsOfAnotherHead(string key) => (replaceHead || keys.IsWithinTrunk) && keys.IsBesideTrunk(key);
    }

    private static string Describe(Model model, List<string> missing, List<string> unexpected, List<string> misshapen)
    {
        var parts = new List<string>();
        if (missing.Count > 0) parts.Add($"{missing.Count} missing: {Some(missing.Select(key => WithNearest(key, unexpected)))}");
        if (unexpected.Count > 0) parts.Add($"{unexpected.Count} unexpected: {Some(unexpected)}");
        if (misshapen.Count > 0) parts.Add($"{misshapen.Count} of another shape: {Some(misshapen)}");
        return $"it does not fit {model.Name}; {string.Join("; ", parts)}";
    }

    private static string Some(IEnumerable<string> items)
    {
        var all = items.ToList();
        return string.Join(", ", all.Take(Named)) + (all.Count > Named ? ", ..." : "");
    }

    /// <summary>The key, and of the keys that nobody asked for the one that looks most like it.</summary>
    private static string WithNearest(string key, List<string> candidates)
    {
        string? nearest = candidates.MinBy(candidate => Distance(key, candidate));
        return nearest is not null && Distance(key, nearest) <= key.Length / 2 ? $"{key} (nearest: {nearest})" : key;
    }

    /// <summary>How many characters have to be put in, taken out or changed (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int changed = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
