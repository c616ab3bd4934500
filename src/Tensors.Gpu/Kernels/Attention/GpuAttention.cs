using ILGPU;

namespace Graft.Tensors.Gpu;

// Letters: B sequences, H heads, T queries, S keys, D numbers a head.
public sealed partial class GpuDevice
{
    public override void Attention(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths, Tensor<float>? keyBias,
        Tensor<float>? bias, Tensor<float> y, Tensor<float>? logSumExp)
    {
        using var none = Rent<int>([1]);
        var terms = Terms(settings, q, k, lengths ?? none, lengths, keyBias, bias);
        int saves = logSumExp is null ? 0 : 1;
        // few queries, as where text is generated, would leave most of a tile idle: each has a group of threads then, which share its keys
        if (4 * terms.Queries >= (simulated ? Tile<Tile16>.Side : Tile<Tile64>.Side))
        {
            if (simulated) Tiled<Tile16>();
            else Tiled<Tile64>();
        }
        else
        {
            LaunchGroups(new AttentionKernel(terms, ViewOf(v), new(v), ViewOf(y), new(y), ViewOf(logSumExp, y), saves), RowCount(q), q, k, v, lengths, keyBias, bias, y, logSumExp);
        }

        void Tiled<TTile>() where TTile : struct, ITile => LaunchGroups(
            new TiledAttentionKernel<TTile>(terms, HeadsOf(q), HeadsOf(k), HeadsOf(v), ViewOf(y), new(y), ViewOf(logSumExp, y), saves),
            TilesOf<TTile>(q), TTile.Threads * TTile.Threads, [q, k, v, lengths, keyBias, bias, y, logSumExp]);
    }

    public override void AttentionBackward(
        AttentionSettings settings, Tensor<float> dy, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths,
        Tensor<float>? keyBias, Tensor<float>? bias, Tensor<float> y, Tensor<float> logSumExp,
        Tensor<float> dq, Tensor<float> dk, Tensor<float> dv, Tensor<float>? dbias)
    {
        using var none = Rent<int>([1]);
        using var delta = Rent<float>(logSumExp.Shape);
        var terms = Terms(settings, q, k, lengths ?? none, lengths, keyBias, bias);
        var gradients = new ProbabilityGradients(terms, ViewOf(dy), new(dy), ViewOf(v), new(v), ViewOf(logSumExp), ViewOf(delta));
        LaunchElements(
            new AttentionDeltaKernel(ViewOf(dy), new(dy), ViewOf(y), new(y), ViewOf(delta), q.Shape[1], q.Shape[2], q.Shape[3]),
            CountOf(delta), dy, y, delta);
        if (simulated) Tiled<Tile16>();
        else Tiled<Tile64>();
        if (dbias is null) return;
        LaunchElements(
            new AttentionBackwardBiasKernel(gradients, ViewOf(dbias), q.Shape[0], dbias.Shape[0], dbias.Shape[1], dbias.Shape[2]),
            CountOf(dbias), q, k, v, lengths, keyBias, bias, dbias);

        void Tiled<TTile>() where TTile : struct, ITile
        {
            Gradient<QueryGradient, TTile>(dq);
            Gradient<KeyGradient, TTile>(dk);
            Gradient<ValueGradient, TTile>(dv);
        }

        void Gradient<TGradient, TTile>(Tensor<float> result) where TGradient : struct, IAttentionGradient where TTile : struct, ITile => LaunchGroups(
            new TiledAttentionGradientKernel<TGradient, TTile>(terms, HeadsOf(q), HeadsOf(k), HeadsOf(v), HeadsOf(dy), ViewOf(logSumExp), ViewOf(delta), ViewOf(result), new(result)),
            TilesOf<TTile>(result), TTile.Threads * TTile.Threads, [q, k, v, dy, lengths, keyBias, bias, logSumExp, delta, result]);
    }

    private ScoreTerms Terms(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<int> lengthsOrNone, Tensor<int>? lengths, Tensor<float>? keyBias,
        Tensor<float>? bias) => new(
        settings, q, ViewOf(q), k, ViewOf(k), ViewOf(lengthsOrNone), lengths is null ? 0 : 1, ViewOf(keyBias, q), keyBias is null ? 0 : 1,
        ViewOf(bias, q), bias is null ? default : new BiasRows(bias), bias is null ? 0 : 1);

    private HeadMatrices HeadsOf(Tensor<float> rows) => new(ViewOf(rows), new(rows), rows.Shape[2], rows.Shape[3]);

    /// <summary>How many tiles cover the rows and columns of all heads.</summary>
    private static int TilesOf<TTile>(Tensor<float> rows) where TTile : struct, ITile =>
        checked(rows.Shape[0] * rows.Shape[1] * Ceiling.Divide(rows.Shape[2], Tile<TTile>.Side) * Ceiling.Divide(rows.Shape[3], Tile<TTile>.Side));

    private static int RowCount(Tensor<float> rows) => checked(rows.Shape[0] * rows.Shape[1] * rows.Shape[2]);
}

/// <summary>A group of threads a query: the largest score and the sum, a thread a key; then the values, a thread a column, with the
/// probabilities of as many keys as there are threads in shared memory.</summary>
internal readonly struct AttentionKernel(
    ScoreTerms terms, ArrayView<float> v, HeadRows vRows, ArrayView<float> y, HeadRows yRows, ArrayView<float> logSumExp, int saves)
    : IGroupKernel
{
    public void Run(int group)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        int headOfAll = group / terms.Queries, query = group - headOfAll * terms.Queries;
        int batch = headOfAll / terms.Heads, head = headOfAll - batch * terms.Heads;
        int keys = terms.KeysOf(batch, query), firstKey = terms.FirstKeyOf(batch, query), keyHead = terms.KeyHead(head);
        var own = new GpuLane(AttentionLimits.LowestMaximum);
        for (int key = firstKey + Group.IdxX; key < keys; key += Group.DimX) own = GpuLane.Max(new GpuLane(terms.Score(batch, head, query, key)), own);
        var largest = GroupSums.All<MaximumOf>(own);
        own = new GpuLane(0f);
        for (int key = firstKey + Group.IdxX; key < keys; key += Group.DimX) own += GpuLane.Exp(new GpuLane(terms.Score(batch, head, query, key)) - largest);
        var total = GroupSums.All<SumOf>(own);
        float inverse = GpuMath.WhereGreater(total.Value, 0f, 1f / total.Value, 0f);

        int to = yRows.Offset(batch, head, query);
        for (int first = 0; first < terms.Depth; first += Group.DimX)
        {
            int d = first + Group.IdxX;
            float sum = 0f;
            for (int key = firstKey; key < keys; key += Group.DimX)
            {
                if (key + Group.IdxX < keys)
                {
                    var probability = GpuLane.Exp(new GpuLane(terms.Score(batch, head, query, key + Group.IdxX)) - largest);
                    shared[Group.IdxX] = probability.Value * terms.Factor(headOfAll, key + Group.IdxX, query);
                }
                Group.Barrier();
                if (d < terms.Depth)
                {
                    int some = IntrinsicMath.Min(Group.DimX, keys - key);
                    for (int i = 0; i < some; i++) sum = GpuMath.FusedMultiplyAdd(shared[i], v[vRows.Offset(batch, keyHead, key + i) + d], sum);
                }
                Group.Barrier();
            }
            if (d < terms.Depth) y[to + d] = sum * inverse;
        }
        if (Group.IdxX == 0 && saves != 0)
            logSumExp[group] = GpuMath.WhereGreater(total.Value, 0f, (GpuLane.Log(total) + largest).Value, float.PositiveInfinity);
    }
}
