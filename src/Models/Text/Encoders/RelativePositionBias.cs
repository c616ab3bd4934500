using Graft.Autograd;

namespace Graft.Models;

/// <summary>What attention adds to a score by the distance of query and key, each distance having a row of a table and far ones sharing theirs
/// (Raffel et al. 2020): <c>weight</c> [buckets, H].</summary>
internal sealed class RelativePositionBias : Module
{
    /// <summary>From this distance on all share a bucket.</summary>
    private const int Farthest = 128;

    private readonly Embedding table;
    private readonly int heads;
    // of the last length; a reader sees the numbers of one length or another
    private volatile int[] buckets = [];

    public RelativePositionBias(EncoderConfig config)
    {
        heads = config.Heads;
        table = Add("", new Embedding(config.RelativeBuckets, config.Heads, Initialiser.Normal(config.InitializerRange)));
    }

    /// <summary>[1, H, T, T].</summary>
    public Variable Forward(Pass pass, int length) => LayerScope.Run(this, pass, (Bias: this, pass, length), static given => given.Bias.Compute(given.pass, given.length));

    /// <summary>The bucket of a key at a distance from a query: one half of them lies behind, of each half one half has a distance each and the
    /// other is spread by the logarithm.</summary>
    public static int Bucket(int distance, int buckets)
    {
        int half = buckets / 2, exact = half / 2, away = Math.Abs(distance), start = distance > 0 ? half : 0;
        if (away < exact) return start + away;
        float share = MathF.Log((float)away / exact) / MathF.Log((float)Farthest / exact);
        return start + Math.Min(half - 1, exact + (int)(share * (half - exact)));
    }

    private Variable Compute(Pass pass, int length)
    {
        int count = table.Weight.Shape[0];
        int[] numbers = buckets;
        if (numbers.Length != length * length) buckets = numbers = Numbers(length, count);
        // what reshapes copies: contiguous once, not in each layer
        var bias = table.Forward(pass, pass.Upload<int>([numbers.Length], numbers), [length * length]).Transpose(0, 1);
        return bias.Reshape([1, heads, length, length]);
    }

    private static int[] Numbers(int length, int count)
    {
        var numbers = new int[length * length];
        for (int query = 0; query < length; query++)
            for (int key = 0; key < length; key++) numbers[query * length + key] = Bucket(key - query, count);
        return numbers;
    }
}
