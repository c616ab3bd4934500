namespace Graft.Models;

/// <summary>Divides logits.</summary>
internal sealed class Temperature(float temperature) : LogitsProcessor
{
    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        foreach (ref float score in scores) score /= temperature;
    }
}

/// <summary>Keeps the likeliest tokens, and those that are as likely as the last of them (Fan et al. 2018).</summary>
internal sealed class TopK(int count) : LogitsProcessor
{
    private float[] sorted = [];

    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (count >= scores.Length) return;
        if (sorted.Length != count) sorted = new float[count];
        // the likeliest so far, the least of them first
        sorted.AsSpan().Fill(float.NegativeInfinity);
        foreach (float score in scores)
        {
            if (!(score > sorted[0])) continue;
            int at = 1;
            for (; at < count && sorted[at] < score; at++) sorted[at - 1] = sorted[at];
            sorted[at - 1] = score;
        }
        foreach (ref float score in scores)
            if (score < sorted[0]) score = float.NegativeInfinity;
    }
}

/// <summary>Keeps the likeliest tokens that together have at least a probability (Holtzman et al. 2020).</summary>
internal sealed class TopP(float probability, int fewest) : LogitsProcessor
{
    private float[] sorted = [];
    private int[] order = [];

    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (sorted.Length < scores.Length) (sorted, order) = (new float[scores.Length], new int[scores.Length]);
        int kept = 0;
        float highest = float.NegativeInfinity;
        for (int token = 0; token < scores.Length; token++)
        {
            if (float.IsNegativeInfinity(scores[token])) continue;
            (sorted[kept], order[kept]) = (scores[token], token);
            highest = Math.Max(highest, scores[token]);
            kept++;
        }
        Array.Sort(sorted, order, 0, kept);
        double sum = 0, below = 0;
        for (int i = 0; i < kept; i++) sum += Math.Exp(sorted[i] - highest);
        for (int i = 0; i < kept - fewest; i++)
        {
            below += Math.Exp(sorted[i] - highest) / sum;
            if (below > 1 - probability) return;
            scores[order[i]] = float.NegativeInfinity;
        }
    }
}

/// <summary>Keeps tokens of at least a share of the likeliest one's probability (Nguyen et al. 2024).</summary>
internal sealed class MinP(float share, int fewest) : LogitsProcessor
{
    private readonly TopK most = new(fewest);
    private float[] kept = [];

    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (kept.Length != scores.Length) kept = new float[scores.Length];
        scores.CopyTo(kept);
        most.Apply(tokens, promptLength, kept);
        float highest = float.NegativeInfinity;
        foreach (float score in scores) highest = Math.Max(highest, score);
        float least = highest + MathF.Log(share);
        for (int token = 0; token < scores.Length; token++)
            if (scores[token] < least && float.IsNegativeInfinity(kept[token])) scores[token] = float.NegativeInfinity;
    }
}
