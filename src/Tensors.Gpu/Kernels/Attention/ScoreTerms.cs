using ILGPU;

namespace Graft.Tensors.Gpu;

// Letters: B sequences, H heads, T queries, S keys, D numbers a head.
/// <summary>Where the rows of a tensor [B, H, rows, D] begin.</summary>
internal readonly struct HeadRows(Tensor<float> tensor)
{
    private readonly int batchStep = tensor.Strides[0];
    private readonly int headStep = tensor.Strides[1];

    /// <summary>From a row to the next.</summary>
    public int Step { get; } = tensor.Strides[2];

    public int Offset(int batch, int head, int row) => batch * batchStep + head * headStep + row * Step;
}

/// <summary>Where the rows of a bias [1 or B, 1 or H, 1 or T, S] begin.</summary>
internal readonly struct BiasRows(Tensor<float> bias)
{
    private readonly int batchStep = bias.Shape[0] == 1 ? 0 : bias.Strides[0];
    private readonly int headStep = bias.Shape[1] == 1 ? 0 : bias.Strides[1];
    private readonly int step = bias.Shape[2] == 1 ? 0 : bias.Strides[2];

    public int Offset(int batch, int head, int query) => batch * batchStep + head * headStep + query * step;
}

/// <summary>The scores of queries and keys, who sees whom, and what dropout makes of a probability.</summary>
internal readonly struct ScoreTerms(
    AttentionSettings settings, Tensor<float> q, ArrayView<float> qView, Tensor<float> k, ArrayView<float> kView,
    ArrayView<int> lengths, int hasLengths, ArrayView<float> keyBias, int hasKeyBias, ArrayView<float> bias, BiasRows biasRows, int hasBias)
{
    private readonly ArrayView<float> q = qView;
    private readonly HeadRows qRows = new(q);
    private readonly ArrayView<float> k = kView;
    private readonly HeadRows kRows = new(k);
    private readonly ArrayView<int> lengths = lengths;
    private readonly ArrayView<float> keyBias = keyBias;
    private readonly ArrayView<float> bias = bias;
    private readonly BiasRows biasRows = biasRows;
    private readonly int hasLengths = hasLengths;
    private readonly int hasKeyBias = hasKeyBias;
    private readonly int hasBias = hasBias;
    private readonly int isCausal = settings.IsCausal ? 1 : 0;
    private readonly int countsFromLengths = settings.CountsFromLengths ? 1 : 0;
    private readonly int window = settings.IsCausal ? settings.Window : 0;
    private readonly int drops = settings.Dropout.DropsNone ? 0 : 1;
    private readonly MaskFactors factors = new(settings.Dropout);

    public readonly float Scale = settings.Scale;
    public readonly int Heads = q.Shape[1];
    public readonly int KeyHeads = k.Shape[1];
    public readonly int Queries = q.Shape[2];
    public readonly int Keys = k.Shape[2];
    public readonly int Depth = q.Shape[3];

    /// <summary>How many keys a query sees.</summary>
    public int KeysOf(int batch, int query)
    {
        int keys = Keys;
        if (hasLengths != 0) keys = IntrinsicMath.Clamp(lengths[batch], 0, Keys);
        int last = countsFromLengths != 0 ? keys : Keys;
        if (isCausal != 0) keys = IntrinsicMath.Clamp(query + 1 + last - Queries, 0, keys);
        return keys;
    }

    /// <summary>The first key that a query sees.</summary>
    public int FirstKeyOf(int batch, int query)
    {
        if (window == 0) return 0;
        int last = Keys;
        if (countsFromLengths != 0 && hasLengths != 0) last = IntrinsicMath.Clamp(lengths[batch], 0, Keys);
        return IntrinsicMath.Max(0, query + last - Queries - window + 1);
    }

    public float Score(int batch, int head, int query, int key)
    {
        int left = QueryRow(batch, head, query), right = KeyRow(batch, KeyHead(head), key);
        float sum = 0f;
        for (int d = 0; d < Depth; d++) sum = GpuMath.FusedMultiplyAdd(q[left + d], k[right + d], sum);
        return ScoreOf(sum, batch, head, query, key);
    }

    /// <summary>The score that a product of a query and a key is.</summary>
    public float ScoreOf(float product, int batch, int head, int query, int key)
    {
        float sum = product * Scale;
        if (hasBias != 0) sum += bias[biasRows.Offset(batch, head, query) + key];
        if (hasKeyBias != 0) sum += keyBias[batch * Keys + key];
        return sum;
    }

    /// <summary>The head of keys and values that a head of queries reads.</summary>
    public int KeyHead(int head) => head / (Heads / KeyHeads);

    /// <summary>What the probability of a query and a key of a head (counted through the batch) is multiplied by.</summary>
    public float Factor(int headOfAll, int key, int query)
    {
        if (drops == 0) return 1f;
        int blocks = Ceiling.Divide(Queries, DropoutMask.Block);
        return factors.At((headOfAll * Keys + key) * blocks + query / DropoutMask.Block, query % DropoutMask.Block);
    }

    private int QueryRow(int batch, int head, int query) => qRows.Offset(batch, head, query);

    private int KeyRow(int batch, int keyHead, int key) => kRows.Offset(batch, keyHead, key);
}
