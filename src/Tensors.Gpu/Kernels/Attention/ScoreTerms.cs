using ILGPU;

namespace Graft.Tensors.Gpu;

// Letters: B sequences, H heads, T queries, S keys, D numbers a head.
/// <summary>Where the rows of a tensor [B, H, rows, D] begin.</summary>
internal readonly struct HeadPlaces(Tensor<float> tensor)
{
    private readonly int batchStep = tensor.Strides[0];
    private readonly int headStep = tensor.Strides[1];
    private readonly int step = tensor.Strides[2];

    public int Of(int batch, int head, int row) => batch * batchStep + head * headStep + row * step;
}

/// <summary>The scores of queries and keys, who sees whom, and what dropout makes of a probability.</summary>
internal readonly struct ScoreTerms(
    AttentionSettings settings, Tensor<float> q, ArrayView<float> qView, Tensor<float> k, ArrayView<float> kView,
    ArrayView<int> lengths, int hasLengths, ArrayView<float> bias, int hasBias)
{
    private readonly ArrayView<float> q = qView;
    private readonly HeadPlaces qPlaces = new(q);
    private readonly ArrayView<float> k = kView;
    private readonly HeadPlaces kPlaces = new(k);
    private readonly ArrayView<int> lengths = lengths;
    private readonly ArrayView<float> bias = bias;
    private readonly int hasLengths = hasLengths;
    private readonly int hasBias = hasBias;
    private readonly int isCausal = settings.IsCausal ? 1 : 0;
    private readonly int drops = settings.Dropout.DropsNone ? 0 : 1;
    private readonly MaskFactors factors = new(settings.Dropout);

    public readonly float Scale = settings.Scale;
    public readonly int Heads = q.Shape[1];
    public readonly int Queries = q.Shape[2];
    public readonly int Keys = k.Shape[2];
    public readonly int Depth = q.Shape[3];

    /// <summary>How many keys a query sees.</summary>
    public int KeysOf(int batch, int query)
    {
        int keys = Keys;
        if (hasLengths != 0) keys = IntrinsicMath.Clamp(lengths[batch], 0, Keys);
        if (isCausal != 0) keys = IntrinsicMath.Clamp(query + 1 + Keys - Queries, 0, keys);
        return keys;
    }

    public float Score(int batch, int head, int query, int key)
    {
        int left = QueryRow(batch, head, query), right = KeyRow(batch, head, key);
        float sum = 0f;
        for (int d = 0; d < Depth; d++) sum = GpuMath.FusedMultiplyAdd(q[left + d], k[right + d], sum);
        sum *= Scale;
        if (hasBias != 0) sum += bias[batch * Keys + key];
        return sum;
    }

    public float Query(int batch, int head, int query, int d) => q[QueryRow(batch, head, query) + d];

    public float Key(int batch, int head, int key, int d) => k[KeyRow(batch, head, key) + d];

    /// <summary>What the probability of a query and a key of a head (counted through the batch) is multiplied by.</summary>
    public float Factor(int headOfAll, int key, int query)
    {
        if (drops == 0) return 1f;
        int blocks = (Queries + DropoutMask.Block - 1) / DropoutMask.Block;
        return factors.At((headOfAll * Keys + key) * blocks + query / DropoutMask.Block, query % DropoutMask.Block);
    }

    private int QueryRow(int batch, int head, int query) => qPlaces.Of(batch, head, query);

    private int KeyRow(int batch, int head, int key) => kPlaces.Of(batch, head, key);
}
