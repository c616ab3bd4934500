using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Divides texts into batches of about one length, so that little is padded.</summary>
internal static class TextBatchPlan
{
    /// <summary>How many batches are sorted by length together in training (Hugging Face's <c>group_by_length</c>): enough to pad little, few enough that
    /// batches are drawn anew in each epoch.</summary>
    private const int BatchesTogether = 50;

    /// <summary>The most texts of a batch that is evaluated: on a CPU what a layer makes of them stays near its caches.</summary>
    private const int MostTexts = 64, MostTextsOfCpu = 16;

    /// <summary>The most tokens of a batch that is evaluated.</summary>
    private const int MostTokens = 4096;

    /// <summary>An epoch of training: every text once, in batches that differ by one text at most, in an order of the seed and the epoch.</summary>
    public static IEnumerable<int[]> Epoch(IReadOnlyList<int> lengths, BatchPlan plan, ulong seed, int epoch, IExampleOrder? drawn = null)
    {
        int[] order = drawn?.Epoch(epoch) ?? new RandomStream(seed, "shuffle").Permutation(plan.Examples, (ulong)epoch);
        for (int first = 0; first < plan.Count; first += BatchesTogether)
        {
            int last = Math.Min(plan.Count, first + BatchesTogether);
            var together = order.AsSpan(plan.Start(first)..plan.Start(last));
            int[] sorted = [.. together.ToArray().OrderByDescending(example => lengths[example])];
            sorted.CopyTo(together);
        }
        // the longest batches first in every group would be a rhythm of losses and rates
        foreach (int batch in new RandomStream(seed, "shuffle batches").Permutation(plan.Count, (ulong)epoch)) yield return order[plan.Start(batch)..plan.Start(batch + 1)];
    }

    /// <summary>Texts to be evaluated, the longest first.</summary>
    public static IEnumerable<int[]> ByLength(IReadOnlyList<int> lengths, Device device)
    {
        int most = device is CpuDevice ? MostTextsOfCpu : MostTexts;
        int[] order = [.. Enumerable.Range(0, lengths.Count).OrderByDescending(example => lengths[example])];
        for (int start = 0; start < order.Length;)
        {
            int count = Math.Clamp(MostTokens / Math.Max(1, lengths[order[start]]), 1, most), end = Math.Min(order.Length, start + count);
            yield return order[start..end];
            start = end;
        }
    }
}
