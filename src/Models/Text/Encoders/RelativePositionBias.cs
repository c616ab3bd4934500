using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What attention adds to a score by the distance of query and key, each distance having a row of a table and far ones sharing theirs
/// (Raffel et al. 2020): <c>weight</c> [buckets, H].</summary>
internal sealed class RelativePositionBias : Module
{
    private readonly Embedding table;
    private readonly int heads;
    private readonly int farthest;
    private readonly bool isCausal;
    // of the last lengths; a reader sees the numbers of one pair or another
    private volatile Spans buckets = new(0, 0, []);

    /// <param name="buckets">How many rows the table has.</param>
    /// <param name="heads">H.</param>
    /// <param name="initialiser">The table's initial values.</param>
    /// <param name="farthest">From this distance on all share a bucket.</param>
    /// <param name="isCausal">Whether queries look only back, so that every bucket is of a distance behind.</param>
    public RelativePositionBias(int buckets, int heads, Initialiser initialiser, int farthest = 128, bool isCausal = false)
    {
        (this.heads, this.farthest, this.isCausal) = (heads, farthest, isCausal);
        table = Add("", new Embedding(buckets, heads, initialiser));
    }

    /// <summary>[1, H, T, T].</summary>
    public Variable Forward(Pass pass, int length) => Forward(pass, length, length);

    /// <summary>[1, H, T, S] of the last T of S places.</summary>
    public Variable Forward(Pass pass, int queries, int keys) =>
        LayerScope.Run(this, pass, (Bias: this, pass, queries, keys), static given => given.Bias.Compute(given.pass, given.queries, given.keys));

    /// <summary>[1 or B, H, 1, S] of one query a sequence: the buckets of its keys [1 or B, S] are on the device already.</summary>
    public Variable Forward(Pass pass, Tensor<int> numbers)
    {
        int sequences = numbers.Shape[0], keys = numbers.Shape[1];
        return LayerScope.Run(this, pass, (Bias: this, pass, numbers, sequences, keys), static given => given.Bias.table
            .Forward(given.pass, given.numbers.Reshape([given.sequences * given.keys]), [given.sequences, given.keys]).Permute(0, 2, 1)
            .Reshape([given.sequences, given.Bias.heads, 1, given.keys]));
    }

    /// <summary>Writes the buckets of the keys 0, 1, 2 ... for the query at a place.</summary>
    public void WriteBuckets(int query, Span<int> numbers)
    {
        int count = table.Weight.Shape[0];
        for (int key = 0; key < numbers.Length; key++) numbers[key] = BucketOf(key - query, count);
    }

    /// <summary>The bucket of a key at a distance from a query: one half of them lies behind, of each half one half has a distance each and the
    /// other is spread by the logarithm.</summary>
    public static int Bucket(int distance, int buckets, int farthest = 128)
    {
        int half = buckets / 2;
        return (distance > 0 ? half : 0) + Spread(Math.Abs(distance), half, farthest);
    }

    private int BucketOf(int distance, int count) => isCausal ? Spread(Math.Max(0, -distance), count, farthest) : Bucket(distance, count, farthest);

    private static int Spread(int away, int buckets, int farthest)
    {
        int exact = buckets / 2;
        if (away < exact) return away;
        float share = MathF.Log((float)away / exact) / MathF.Log((float)farthest / exact);
        return Math.Min(buckets - 1, exact + (int)(share * (buckets - exact)));
    }

    private Variable Compute(Pass pass, int queries, int keys)
    {
        var spans = buckets;
        if (spans.Queries != queries || spans.Keys != keys) buckets = spans = new Spans(queries, keys, Numbers(queries, keys));
        // what reshapes copies: contiguous once, not in each layer
        var bias = table.Forward(pass, pass.Upload<int>([spans.Numbers.Length], spans.Numbers), [queries * keys]).Transpose(0, 1);
        return bias.Reshape([1, heads, queries, keys]);
    }

    private int[] Numbers(int queries, int keys)
    {
        var numbers = new int[queries * keys];
        for (int query = 0; query < queries; query++) WriteBuckets(keys - queries + query, numbers.AsSpan(query * keys, keys));
        return numbers;
    }

    private sealed record Spans(int Queries, int Keys, int[] Numbers);
}
