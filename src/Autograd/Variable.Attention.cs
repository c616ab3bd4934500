using Graft.Tensors;

namespace Graft.Autograd;

// attention and the key-value cache
public sealed partial class Variable
{
    /// <summary>dropout(softmax(scale q k^T + mask + bias)) v of these queries: [B, H, T, D] (PyTorch's
    /// <c>scaled_dot_product_attention</c>). The scores are never written out.</summary>
    /// <param name="keys">[B, G, S, D]; G heads of keys divide H heads of queries, and each is read by H / G neighbours.</param>
    /// <param name="values">Of the keys' shape.</param>
    /// <param name="mask">Which keys each query may look at; null for all.</param>
    /// <param name="scale">The factor on the scores; null for 1 / sqrt(D).</param>
    /// <param name="bias">What is added to the scores of each query and key [1 or B, 1 or H, 1 or T, S], learnt where it needs a gradient;
    /// null for nothing.</param>
    /// <param name="dropout">The probability with which training drops a probability.</param>
    /// <param name="name">The name of dropout's random stream, a layer's key.</param>
    /// <param name="heads">Where queries, keys and values are rows of heads side by side, [B T, H D] and [B S, G D], as linear maps give
    /// them: how they divide; null where sequences and heads are axes.</param>
    /// <param name="window">How many keys a query of a causal mask sees at most, its own and those before it (Mistral's sliding window); 0 for all.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentException">The probability is not from 0 to 1.</exception>
    public Variable ScaledDotProductAttention(
        Variable keys, Variable values, AttentionMask? mask = null, float? scale = null, Variable? bias = null, float dropout = 0f,
        string name = "attention", AttentionHeads? heads = null, int window = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(window);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        float width = Shape.Rank == 0 ? 1 : heads is { Count: > 0 and var count } ? Shape[^1] / (float)count : Shape[^1];
        return AttentionFunction.Apply(this, keys, values, mask ?? AttentionMask.None, scale ?? 1f / MathF.Sqrt(width), dropout, name, heads, bias, window);
    }

    /// <summary>As <see cref="ScaledDotProductAttention"/>, of queries, keys and values that one linear map gives side by side:
    /// [B T, 3 H D] to [B T, H D] (PyTorch's <c>in_proj_weight</c>, FlashAttention's <c>qkvpacked</c>).</summary>
    /// <param name="heads">How the rows fall into sequences and heads.</param>
    /// <param name="mask">Which keys each query may look at; null for all.</param>
    /// <param name="scale">The factor on the scores; null for 1 / sqrt(D).</param>
    /// <param name="bias">What is added to the scores of each query and key [1 or B, 1 or H, 1 or T, T], learnt where it needs a gradient;
    /// null for nothing.</param>
    /// <param name="dropout">The probability with which training drops a probability.</param>
    /// <param name="name">The name of dropout's random stream, a layer's key.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentException">The probability is not from 0 to 1.</exception>
    public Variable PackedAttention(
        AttentionHeads heads, AttentionMask? mask = null, float? scale = null, Variable? bias = null, float dropout = 0f, string name = "attention") =>
        AttentionFunction.ApplyPacked(
            this, mask ?? AttentionMask.None, scale ?? 1f / MathF.Sqrt(Shape.Rank == 0 ? 1 : Shape[^1] / (3f * Math.Max(1, heads.Count))), dropout, name, heads, bias);

    /// <summary>These rows of heads [R, H D] with the numbers of each head turned by angles that follow from the row's position (rotary position
    /// embeddings, Su et al. 2021): of the first W numbers, j and j + W / 2 are the coordinates of a point.</summary>
    /// <param name="angles">The cosines and sines.</param>
    /// <param name="heads">H.</param>
    /// <exception cref="ShapeException">The rows do not fall into heads of at least W numbers, or there are not as many positions.</exception>
    public Variable RotaryEmbedding(RotaryAngles angles, int heads) => RotaryFunction.Apply(this, angles, heads);

    /// <summary>Writes these rows [B, H, T, D] over those of a cache, from a position of each sequence on: new keys and values into a cache
    /// that persists between runs (PyTorch's <c>index_copy_</c>). A position beyond the cache's end is skipped; no gradient goes through.</summary>
    /// <param name="cache">[B, H, S, D], with the values of a row contiguous: a state of a captured pass (<see cref="Capture.State"/>).</param>
    /// <param name="positions">Where the rows of each sequence begin [B].</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="InvalidOperationException">These rows need a gradient.</exception>
    public void IndexCopyTo(Tensor<float> cache, Tensor<int> positions)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(positions);
        IndexCopyFunction.Apply(this, positions, cache);
    }
}
