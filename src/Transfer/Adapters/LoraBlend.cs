using System.Text.RegularExpressions;

namespace Graft.Transfer;

/// <summary>One LoRA made of several.</summary>
internal sealed class LoraBlend
{
    private readonly IReadOnlyList<(string Name, Adapters Adapters, double Weight)> parts;
    private readonly AdapterBlend blend;
    private readonly Dictionary<string, (int Rank, float[] A, float[] B)> layers = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">The parts cannot be blended so.</exception>
    public LoraBlend(IReadOnlyList<(string Name, Adapters Adapters, double Weight)> parts, AdapterBlend blend, int? rank)
    {
        (this.parts, this.blend) = (parts, blend);
        if (parts.Count == 0) throw new ArgumentException("a blend is of one adapter at least");
        if (rank is not null && blend != AdapterBlend.SingularValues) throw new ArgumentException("the rank follows from the parts: it is chosen for singular values alone");
        if (rank is < 1) throw new ArgumentException($"a rank of {rank}: it is 1 at least");
        foreach (var (name, adapters, weight) in parts)
        {
            if (adapters.Config is not LoraConfig { IsWeightDecomposed: false })
                throw new ArgumentException($"the adapters '{name}' are {adapters.Config.PeftType}"
                    + $"{(adapters.Config is LoraConfig ? " with learnt lengths" : "")}: plain LoRA can be blended");
            if (!double.IsFinite(weight)) throw new ArgumentException($"the weight of '{name}' is {weight}: it is finite");
            if (blend == AdapterBlend.Linear && weight < 0) throw new ArgumentException($"the weight of '{name}' is {weight}: a linear blend takes the root of it, so it is 0 at least");
            if (adapters.IsMerged) throw new ArgumentException($"the adapters '{name}' are merged: take them out of the weights before they are blended");
        }
        foreach (var same in parts.SelectMany(part => part.Adapters.LayerSlots.Select(slot => (part.Name, part.Weight, Slot: slot))).GroupBy(static one => one.Slot.Key))
            layers.Add(same.Key, Blended(same.Key, [.. same.Select(static one => (one.Name, one.Weight, (LoraAdapter)one.Slot.Adapter))], rank));
        int usual = layers.Values.GroupBy(static layer => layer.Rank).MaxBy(static ranks => ranks.Count())!.Key;
        var others = layers.Where(layer => layer.Value.Rank != usual).ToList();
        Config = new LoraConfig
        {
            TargetModules = AdapterTargets.Named(layers.Keys),
            ModulesToSave = [.. parts.SelectMany(static part => part.Adapters.SavedModules).Distinct()],
            BaseModel = parts[0].Adapters.Config.BaseModel,
            TaskType = parts[0].Adapters.Config.TaskType,
            Rank = usual,
            Alpha = usual,
            RankPattern = others.ToDictionary(static layer => Regex.Escape(layer.Key), static layer => layer.Value.Rank),
            AlphaPattern = others.ToDictionary(static layer => Regex.Escape(layer.Key), static layer => (double)layer.Value.Rank),
        };
    }

    /// <summary>What they are made of.</summary>
    public LoraConfig Config { get; }

    /// <summary>Gives new adapters of the config the numbers.</summary>
    public void Fill(Adapters adapters)
    {
        foreach (var slot in adapters.LayerSlots)
        {
            var (_, a, b) = layers[slot.Key];
            var adapter = (LoraAdapter)slot.Adapter;
            adapter.A.Fill(a.CopyTo);
            adapter.B.Fill(b.CopyTo);
        }
        foreach (var module in adapters.Saved)
        {
            for (int i = 0; i < module.Tensors.Count; i++)
            {
                // base + sum of weight * (learnt - base)
                float[] begun = module.Aside(i);
                var sum = Array.ConvertAll(begun, static number => (double)number);
                foreach (var (_, part, weight) in parts)
                {
                    if (part.LearntOf(module.Tensors[i]) is not { } learnt) continue;
                    for (int k = 0; k < sum.Length; k++) sum[k] += weight * (learnt[k] - begun[k]);
                }
                module.Tensors[i].Fill(numbers =>
                {
                    for (int k = 0; k < numbers.Length; k++) numbers[k] = (float)sum[k];
                });
            }
        }
    }

    private (int Rank, float[] A, float[] B) Blended(string key, IReadOnlyList<(string Name, double Weight, LoraAdapter Adapter)> same, int? wanted)
    {
        int outputs = same[0].Adapter.B.Shape[0], inputs = (int)(same[0].Adapter.A.Shape.ElementCount / same[0].Adapter.A.Shape[0]);
        int widest = same.Max(static one => one.Adapter.A.Shape[0]);
        if (blend == AdapterBlend.Linear && same.Any(one => one.Adapter.A.Shape[0] != widest))
            throw new ArgumentException($"the ranks at '{key}' are {string.Join(" and ", same.Select(static one => one.Adapter.A.Shape[0]))}: "
                + "a linear blend is of one rank, so concatenate or take singular values");
        int total = blend == AdapterBlend.Linear ? widest : same.Sum(static one => one.Adapter.A.Shape[0]);
        float[] a = new float[total * inputs], b = new float[outputs * total];
        int at = 0;
        foreach (var (_, weight, adapter) in same)
        {
            float[] ownA = adapter.A.Value.ToArray(), ownB = adapter.B.Value.ToArray();
            int rank = adapter.A.Shape[0];
            double whole = weight * adapter.Scaling, factor = blend == AdapterBlend.Linear ? Math.Sqrt(whole) : whole;
            double factorB = blend == AdapterBlend.Linear ? factor : 1;
            for (int i = 0; i < ownA.Length; i++) a[at * inputs + i] += (float)(factor * ownA[i]);
            for (int row = 0; row < outputs; row++)
                for (int i = 0; i < rank; i++) b[row * total + at + i] += (float)(factorB * ownB[row * rank + i]);
            if (blend != AdapterBlend.Linear) at += rank;
        }
        return blend == AdapterBlend.SingularValues ? LowRankProduct.Nearest(a, b, outputs, inputs, total, Math.Min(wanted ?? widest, Math.Min(outputs, inputs))) : (total, a, b);
    }
}
