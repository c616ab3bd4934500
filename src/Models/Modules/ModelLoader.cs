using System.Numerics;
using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Fills a model from a checkpoint: keys are matched first, then every value is read and checked beside the model, and only then
/// do they replace the weights. A load that fails has changed nothing.</summary>
internal static class ModelLoader
{
    private const int Named = 10;
    private const string VarianceSuffix = "running_var";

    public static LoadReport Load(Model model, Checkpoint checkpoint, LoadOptions options)
    {
        checkpoint = checkpoint.InPyTorchLayout;
        var plan = Plan(model, checkpoint, options);
        var staged = new List<(ModuleParameter Target, Tensor<float> Numbers)>(plan.Fills.Count);
        var odd = new List<string>();
        bool areTaken = false;
        try
        {
            foreach (var (_, source) in plan.Fills) source.RequireReadable();
            var counted = ReadCounters(model, checkpoint, plan.Set);
            foreach (var (target, source) in plan.Fills)
            {
                var numbers = Device.Cpu.Rent<float>(target.Shape);
                staged.Add((target, numbers));
                if (source.Shape == target.Shape) source.CopyTo(numbers.Span());
                else target.OtherShapes!.Convert(source.ToSingleArray(), numbers.Span());
                if (Oddity(target, numbers.Span()) is { } oddity) odd.Add($"{target.Name} ({oddity})");
            }
            if (odd.Count > 0 && !options.AllowNonFinite)
                throw new CheckpointException(checkpoint.Path, $"{odd.Count} of {plan.Fills.Count} tensors hold numbers that no trained model has: "
                    + $"{Printable.Some(odd, Named)}; the training diverged or the file is damaged (--allow-non-finite goes on)");

            using var alone = model.Weights.Change();
            areTaken = true;
            foreach (var (target, numbers) in staged) target.Adopt(numbers);
            foreach (var (target, value) in counted) target.Value = value;
            return plan.Report with { NonFinite = odd };
        }
        catch when (!areTaken)
        {
            foreach (var (_, numbers) in staged) numbers.Dispose();
            throw;
        }
    }

    /// <summary>The tensor that a checkpoint has for a parameter of the model; null where it has none.</summary>
    /// <exception cref="CheckpointException">Several sets of weights fit and no rule decides.</exception>
    public static StoredTensor? Find(Model model, ModuleParameter parameter, Checkpoint checkpoint, LoadOptions options) =>
        WeightSearch.Run(model, checkpoint.InPyTorchLayout, options).Taken.Find(parameter);

    private static LoadPlan Plan(Model model, Checkpoint checkpoint, LoadOptions options)
    {
        var (set, others) = WeightSearch.Run(model, checkpoint, options);
        var head = model.HeadTensors().ToHashSet();
        bool isHeadless = options.AllowMissingHead && head.Count > 0
            && model.Tensors().All(tensor => set.Find(tensor) is null == head.Contains(tensor));
        var auxiliary = model.AuxiliaryTensors().ToHashSet();
        if (auxiliary.Any(tensor => set.Find(tensor) is not null)) auxiliary.Clear();
        var fills = new List<(ModuleParameter Target, StoredTensor Source)>();
        List<string> missing = [], misshapen = [], replaced = [];
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, rule) in model.Ignored()) known[set.InFile(name)] = rule;
        var book = new ReceiptBook(set);
        int expected = 0;
        foreach (var target in model.Tensors())
        {
            expected++;
            var source = set.Find(target);
            bool isOwn = source is not null && source.Lengths.Count == target.Shape.Rank && source.Shape == target.Shape;
            if (isOwn || (source is not null && options.InterpolatePositions && target.OtherShapes?.Takes(source.Lengths) == true))
            {
                foreach (string name in target.Aliases.Prepend(target.Name)) known[set.InFile(name)] = "a second name of tied weights";
                fills.Add((target, source!));
                book.Load(target, source!, isOwn ? null : target.OtherShapes!.Name);
            }
            else if ((options.ReplaceHead || isHeadless) && head.Contains(target))
            {
                if (source is not null) known[source.FilePath] = "a head of another size";
                replaced.Add(target.Name);
                book.New(target, source is null ? "the head, to be trained" : $"the head, to be trained; the file's is {source.ShapeText}");
            }
            else if (auxiliary.Contains(target))
            {
                replaced.Add(target.Name);
                book.New(target, "an auxiliary head that the file lacks, to be trained");
            }
            else if (source is null) missing.Add(target.Name);
            else
            {
                known[source.FilePath] = "of another shape";
                misshapen.Add($"{target.Name} is {source.ShapeText}, not {target.Shape}");
            }
        }
        var taken = fills.Select(fill => fill.Source).ToList();
        foreach (var counter in model.Counters())
        {
            var source = set.Find(counter.Name);
            if (source is not null) taken.Add(source);
            book.Count(counter, source);
        }
        var rest = new RestOfFile(book, model, set, others, taken, known, options.ReplaceHead);
        foreach (var tensor in checkpoint.Tensors) rest.Add(tensor);
        if (missing.Count + rest.Unexpected.Count + misshapen.Count > 0)
            throw new CheckpointException(checkpoint.Path, Describe(model, checkpoint, set, missing, rest.Unexpected, misshapen));
        return new LoadPlan(set, fills, new LoadReport(fills.Count, replaced)
        {
            Expected = expected,
            Entry = set.Entry,
            Prefix = set.Prefix,
            PassedOver = rest.PassedOver(),
            Alternatives = [.. others.Select(other => other.Name)],
            Receipt = book.Close(model, checkpoint),
        });
    }

    /// <summary>Checks the counters of a file: one integer of any type.</summary>
    private static List<(Counter Target, long Value)> ReadCounters(Model model, Checkpoint checkpoint, WeightSet set)
    {
        var counted = new List<(Counter Target, long Value)>();
        var odd = new List<string>();
        foreach (var counter in model.Counters())
        {
            if (set.Find(counter.Name) is not { } source) continue;
            if (source.ElementType != ElementType.Other && source.ElementCount != 1)
                odd.Add($"{counter.Name} has {source.ElementCount} elements {source.ShapeText}");
            else if (StoredCounter.Read(source) is { } value) counted.Add((counter, value));
            else odd.Add($"{counter.Name} is no whole number from 0");
        }
        return odd.Count == 0 ? counted : throw new CheckpointException(
            checkpoint.Path, $"{odd.Count} counters are not one whole number: {Printable.Some(odd, 3)}; leave them out of the file or make them 0");
    }

    private static string? Oddity(ModuleParameter target, ReadOnlySpan<float> numbers)
    {
        if (!AreFinite(numbers))
        {
            int count = 0;
            foreach (float number in numbers)
                if (!float.IsFinite(number)) count++;
            return $"{count} of {numbers.Length} not finite";
        }
        if (!target.IsBuffer || !target.Name.EndsWith(VarianceSuffix, StringComparison.Ordinal)) return null;
        int negative = 0;
        foreach (float number in numbers)
            if (number < 0) negative++;
        return negative == 0 ? null : $"{negative} of {numbers.Length} below 0, and it is a variance";
    }

    // What is not finite has every bit of its exponent set. All of a model's values are checked, so it is vectorised.
    private static bool AreFinite(ReadOnlySpan<float> numbers)
    {
        const int Magnitude = 0x7FFFFFFF, Infinity = 0x7F800000;
        var bits = MemoryMarshal.Cast<float, int>(numbers);
        var largest = Vector<int>.Zero;
        int at = 0;
        for (; at <= bits.Length - Vector<int>.Count; at += Vector<int>.Count)
            largest = Vector.Max(largest, new Vector<int>(bits[at..]) & new Vector<int>(Magnitude));
        if (Vector.GreaterThanOrEqualAny(largest, new Vector<int>(Infinity))) return false;
        for (; at < bits.Length; at++)
            if ((bits[at] & Magnitude) >= Infinity) return false;
        return true;
    }

    private static string Describe(
        Model model, Checkpoint checkpoint, WeightSet set, List<string> missing, List<string> unexpected, List<string> misshapen)
    {
        var parts = new List<string>();
        var explained = missing.Take(Named).Select(Explained).Concat(missing.Skip(Named));
        if (missing.Count > 0) parts.Add($"{missing.Count} missing: {Printable.Some(explained, Named)}");
        if (unexpected.Count > 0) parts.Add($"{unexpected.Count} unexpected: {Printable.Some(unexpected, Named)}");
        if (misshapen.Count > 0) parts.Add($"{misshapen.Count} of another shape: {Printable.Some(misshapen, Named)}");
        string where = set.Entry.Length + set.Prefix.Length > 0 ? $" with {set.Name}" : "";
        return $"it does not fit {model.Name}{where}; {string.Join("; ", parts)}";

        string Explained(string key)
        {
            string path = set.InFile(key);
            if (checkpoint.UnknownTensors.FirstOrDefault(unknown => unknown.Path == path) is { Name: { } maker })
                return $"{key} (the file makes it through {Printable.Text(maker)}, which is not known here and was not run)";
            return NearName.FindKey(key, unexpected) is { } nearest ? $"{key} (nearest: {nearest})" : key;
        }
    }

    private sealed record LoadPlan(WeightSet Set, List<(ModuleParameter Target, StoredTensor Source)> Fills, LoadReport Report);
}
