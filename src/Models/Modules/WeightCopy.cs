using Graft.Tensors;

namespace Graft.Models;

/// <summary>Copies the numbers of one model into another of the same keys and shapes. They are read beside the model first, so that the locks
/// of the two are never held together and copies in both directions at once do not wait for each other.</summary>
internal static class WeightCopy
{
    /// <exception cref="ArgumentException">The models have not the same keys and shapes; nothing was changed.</exception>
    public static void Run(Model source, Model target, bool includeHead)
    {
        var pairs = Pairs(source, target, includeHead);
        var staged = new List<(ModuleParameter Target, Tensor<float> Numbers)>(pairs.Count);
        bool areTaken = false;
        try
        {
            var counts = new List<long>();
            using (source.Weights.Read())
            {
                foreach (var (from, to) in pairs)
                {
                    var numbers = Device.Cpu.Rent<float>(to.Shape);
                    staged.Add((to, numbers));
                    from.Value.CopyTo(numbers.Span());
                }
                counts.AddRange(source.Counters().Select(static counter => counter.Value));
            }
            using var alone = target.Weights.Change();
            areTaken = true;
            foreach (var (to, numbers) in staged) to.Adopt(numbers);
            foreach (var (counter, value) in target.Counters().Zip(counts)) counter.Value = value;
        }
        catch when (!areTaken)
        {
            foreach (var (_, numbers) in staged) numbers.Dispose();
            throw;
        }
    }

    private static List<(ModuleParameter From, ModuleParameter To)> Pairs(Model source, Model target, bool includeHead)
    {
        var sources = Chosen(source, includeHead).ToDictionary(static tensor => tensor.Name);
        var pairs = new List<(ModuleParameter From, ModuleParameter To)>(sources.Count);
        foreach (var to in Chosen(target, includeHead))
        {
            if (!sources.Remove(to.Name, out var from))
                throw Unlike(source, target, $"'{to.Name}' {to.Shape} is not in {source.Name}");
            if (from.Shape != to.Shape)
                throw Unlike(source, target, $"'{to.Name}' is {from.Shape} in {source.Name} and {to.Shape} in {target.Name}");
            pairs.Add((from, to));
        }
        return sources.Keys.FirstOrDefault() is { } rest ? throw Unlike(source, target, $"'{rest}' is not in {target.Name}") : pairs;
    }

    private static IEnumerable<ModuleParameter> Chosen(Model model, bool includeHead) =>
        includeHead ? model.Tensors() : model.Tensors().Except(model.HeadTensors().Where(tensor => !IsOfTrunk(model, tensor)));

    /// <summary>A pooler learns with the head, and belongs to the encoder that a file is of.</summary>
    private static bool IsOfTrunk(Model model, ModuleParameter tensor) => model.TrunkKey is { } key && tensor.Name.StartsWith($"{key}.", StringComparison.Ordinal);

    private static ArgumentException Unlike(Model source, Model target, string problem) =>
        new($"{target.Name} cannot take the weights of {source.Name}: {problem}; copy between models of one architecture, "
            + "and without the head where they have other numbers of classes", nameof(source));
}
