using Graft.Tensors;

namespace Graft.Testing;

// Letters: B sequences, H heads, T queries, S keys, D numbers a head.
/// <summary>Attention of one shape and mask, its inputs, and everything by its definition in double.</summary>
internal sealed class ReferenceAttention
{
    public ReferenceAttention(AttentionCase item)
    {
        Case = item;
        Q = Draw.Normal("q", item.QueryShape.ElementCount);
        K = Draw.Normal("k", item.KeyShape.ElementCount);
        V = Draw.Normal("v", item.KeyShape.ElementCount);
        Dy = Draw.Normal("dy", item.QueryShape.ElementCount);
        (Y, Dq) = (new Expected(Q.Length), new Expected(Q.Length));
        (Dk, Dv) = (new Expected(K.Length), new Expected(K.Length));
        Bias = item.BiasShape is { } shape ? Draw.Normal("score bias", shape.ElementCount) : null;
        if (Bias is not null)
        {
            for (int i = 7; i < Bias.Length; i += 11) Bias[i] = float.NegativeInfinity;
            Dbias = new Expected(Bias.Length);
        }
        LogSumExp = new double[item.Batch * item.Heads * item.Queries];
        for (int batch = 0; batch < item.Batch; batch++)
            for (int head = 0; head < item.Heads; head++)
                for (int query = 0; query < item.Queries; query++) Row(batch, head, query);
    }

    public AttentionCase Case { get; }

    /// <summary>[B, T, H, D] and [B, S, H, D] in memory.</summary>
    public float[] Q { get; }

    public float[] K { get; }

    public float[] V { get; }

    public float[] Dy { get; }

    /// <summary>A number for each pair of a query and a key; some hide it.</summary>
    public float[]? Bias { get; }

    public Expected? Dbias { get; }

    public Expected Y { get; }

    /// <summary>[B, H, T].</summary>
    public double[] LogSumExp { get; }

    public Expected Dq { get; }

    public Expected Dk { get; }

    public Expected Dv { get; }

    private void Row(int batch, int head, int query)
    {
        var item = Case;
        int to = ((batch * item.Queries + query) * item.Heads + head) * item.Depth, logAt = (batch * item.Heads + head) * item.Queries + query;
        var scores = new double[item.Keys];
        var spoilt = new double[item.Keys];
        for (int key = 0; key < item.Keys; key++)
        {
            int from = KeyRow(batch, head, key);
            for (int d = 0; d < item.Depth; d++)
            {
                scores[key] += (double)item.Scale * Q[to + d] * K[from + d];
                // a score's rounding becomes the probability's relative error
                spoilt[key] += Math.Abs((double)item.Scale * Q[to + d] * K[from + d]);
            }
            if (item.KeyBias is { } keyBias) scores[key] += keyBias[batch * item.Keys + key];
            if (Bias is not null) scores[key] += Bias[item.BiasPlace(batch, head, query, key)];
            int last = item.CountsFromLengths ? Math.Min(item.Keys, item.Lengths?[batch] ?? item.Keys) : item.Keys;
            bool isSeen = (item.Lengths is not { } lengths || key < lengths[batch]) && (!item.IsCausal || key - last <= query - item.Queries)
                && (item.Window == 0 || key - last > query - item.Queries - item.Window);
            if (!isSeen) scores[key] = double.NegativeInfinity;
        }
        double largest = scores.DefaultIfEmpty(double.NegativeInfinity).Max();
        LogSumExp[logAt] = double.PositiveInfinity;
        if (double.IsNegativeInfinity(largest)) return;
        double logSum = largest + Math.Log(scores.Sum(score => Math.Exp(score - largest)));
        LogSumExp[logAt] = logSum;
        double worst = 1 + spoilt.Max() + Math.Abs(logSum);

        double[] probabilities = [.. scores.Select(score => Math.Exp(score - logSum))];
        double[] factors = [.. Enumerable.Range(0, item.Keys).Select(key => item.Factor(batch, head, query, key))];
        var dprobabilities = new Expected(item.Keys);
        var delta = new Expected(1);
        for (int key = 0; key < item.Keys; key++)
        {
            int from = KeyRow(batch, head, key);
            double dropped = probabilities[key] * factors[key];
            for (int d = 0; d < item.Depth; d++)
            {
                Add(Y, to + d, dropped * V[from + d], worst);
                Add(Dv, from + d, dropped * Dy[to + d], worst);
                dprobabilities.Add(key, factors[key] * Dy[to + d] * V[from + d]);
                delta.Add(0, dropped * Dy[to + d] * V[from + d]);
            }
        }
        for (int key = 0; key < item.Keys; key++)
        {
            int from = KeyRow(batch, head, key);
            double gradient = probabilities[key] * (dprobabilities.Values[key] - delta.Values[0]);
            double magnitude = probabilities[key] * (dprobabilities.Magnitudes[key] + delta.Magnitudes[0]) * worst;
            if (Dbias is not null)
            {
                Dbias.Values[item.BiasPlace(batch, head, query, key)] += gradient;
                Dbias.Magnitudes[item.BiasPlace(batch, head, query, key)] += magnitude;
            }
            (gradient, magnitude) = (gradient * item.Scale, magnitude * item.Scale);
            for (int d = 0; d < item.Depth; d++)
            {
                Add(Dq, to + d, gradient * K[from + d], 1);
                Add(Dk, from + d, gradient * Q[to + d], 1);
                Dq.Magnitudes[to + d] += magnitude * Math.Abs(K[from + d]);
                Dk.Magnitudes[from + d] += magnitude * Math.Abs(Q[to + d]);
            }
        }
    }

    private static void Add(Expected sums, int at, double term, double magnitude)
    {
        sums.Values[at] += term;
        sums.Magnitudes[at] += Math.Abs(term) * magnitude;
    }

    private int KeyRow(int batch, int head, int key) =>
        ((batch * Case.Keys + key) * Case.KeyHeads + head / (Case.Heads / Case.KeyHeads)) * Case.Depth;
}

/// <summary>The shape and the mask of one attention.</summary>
internal sealed record AttentionCase(int Batch, int Heads, int Queries, int Keys, int Depth)
{
    public bool IsCausal { get; init; }

    public int[]? Lengths { get; init; }

    /// <summary>Whether queries are the last places of the keys that count.</summary>
    public bool CountsFromLengths { get; init; }

    /// <summary>How many keys a query sees at most; 0 for all.</summary>
    public int Window { get; init; }

    /// <summary>How many heads the keys have.</summary>
    public int KeyHeads { get; init; } = Heads;

    /// <summary>[B, S].</summary>
    public float[]? KeyBias { get; init; }

    /// <summary>[1 or B, 1 or H, 1 or T, S].</summary>
    public Shape? BiasShape { get; init; }

    public float Dropout { get; init; }

    public float Scale => 0.8f / MathF.Sqrt(Depth);

    /// <summary>In memory; the kernels see it with its middle axes exchanged.</summary>
    public Shape QueryShape => [Batch, Queries, Heads, Depth];

    public Shape KeyShape => [Batch, Keys, KeyHeads, Depth];

    public AttentionSettings Settings => new(Scale, IsCausal, new DropoutMask(Stream, Dropout), CountsFromLengths, Window);

    public int BiasPlace(int batch, int head, int query, int key)
    {
        var shape = BiasShape!.Value;
        int row = (Math.Min(batch, shape[0] - 1) * shape[1] + Math.Min(head, shape[1] - 1)) * shape[2] + Math.Min(query, shape[2] - 1);
        return row * Keys + key;
    }

    public double Factor(int batch, int head, int query, int key)
    {
        if (Dropout == 0) return 1;
        int blocks = (Queries + 63) / 64, number = query % 64;
        int block = ((batch * Heads + head) * Keys + key) * blocks + query / 64;
        var (first, second, third, fourth) = Stream.Bits((ulong)(block * 16 + number % 16));
        uint bits = (number / 16) switch { 0 => first, 1 => second, 2 => third, _ => fourth };
        return (bits >> 8) < MathF.Round(Dropout * (1 << 24)) ? 0 : 1f / (1f - Dropout);
    }

    public override string ToString() =>
        $"[{Batch}, {Heads}, {Queries}, {Depth}] x {Keys}{(IsCausal ? " causal" : "")}" +
        $"{(Lengths is null ? "" : $" lengths {string.Join(' ', Lengths)}")}{(CountsFromLengths ? " counted from them" : "")}" +
        $"{(KeyHeads == Heads ? "" : $" {KeyHeads} heads of keys")}{(KeyBias is null ? "" : " bias of keys")}" +
        $"{(BiasShape is { } bias ? $" bias {bias}" : "")}{(Dropout == 0 ? "" : $" dropout {Dropout}")}{(Window == 0 ? "" : $" window {Window}")}";

    private static RandomStream Stream => new(5, "attention");
}
