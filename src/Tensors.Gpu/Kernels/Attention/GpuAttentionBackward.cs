using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>delta = the sum of dy * y over D, for each query.</summary>
internal readonly struct AttentionDeltaKernel(
    ArrayView<float> dy, HeadRows dyRows, ArrayView<float> y, HeadRows yRows, ArrayView<float> delta, int heads, int queries, int depth)
    : IElementKernel
{
    public void Run(int index)
    {
        int headOfAll = index / queries, query = index - headOfAll * queries;
        int batch = headOfAll / heads, head = headOfAll - batch * heads;
        int left = dyRows.Offset(batch, head, query), right = yRows.Offset(batch, head, query);
        float sum = 0f;
        for (int d = 0; d < depth; d++) sum = GpuMath.FusedMultiplyAdd(dy[left + d], y[right + d], sum);
        delta[index] = sum;
    }
}

/// <summary>Probabilities computed again, and the gradients of the scores: dS = P (factor * dy v - delta).</summary>
internal readonly struct ProbabilityGradients(
    ScoreTerms terms, ArrayView<float> dy, HeadRows dyRows, ArrayView<float> v, HeadRows vRows, ArrayView<float> logSumExp,
    ArrayView<float> delta)
{
    public readonly ScoreTerms Terms = terms;

    public float Probability(int batch, int head, int query, int key)
    {
        float score = Terms.Score(batch, head, query, key);
        return GpuLane.Exp(new GpuLane(score - logSumExp[(batch * Terms.Heads + head) * Terms.Queries + query])).Value;
    }

    public float ScoreGradient(int batch, int head, int query, int key, float probability, float factor)
    {
        int left = dyRows.Offset(batch, head, query), right = vRows.Offset(batch, Terms.KeyHead(head), key);
        float sum = 0f;
        for (int d = 0; d < Terms.Depth; d++) sum = GpuMath.FusedMultiplyAdd(dy[left + d], v[right + d], sum);
        return probability * (sum * factor - delta[(batch * Terms.Heads + head) * Terms.Queries + query]);
    }

    public float OutputGradient(int batch, int head, int query, int d) => dy[dyRows.Offset(batch, head, query) + d];
}

/// <summary>dq = scale * the keys weighted by dS; a group of threads a query.</summary>
internal readonly struct AttentionBackwardQueryKernel(ProbabilityGradients gradients, ArrayView<float> dq, HeadRows rows) : IGroupKernel
{
    public void Run(int group)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var terms = gradients.Terms;
        int headOfAll = group / terms.Queries, query = group - headOfAll * terms.Queries;
        int batch = headOfAll / terms.Heads, head = headOfAll - batch * terms.Heads;
        int keys = terms.KeysOf(batch, query), keyHead = terms.KeyHead(head), to = rows.Offset(batch, head, query);
        for (int first = 0; first < terms.Depth; first += Group.DimX)
        {
            int d = first + Group.IdxX;
            float sum = 0f;
            for (int tile = terms.FirstKeyOf(batch, query); tile < keys; tile += Group.DimX)
            {
                int key = tile + Group.IdxX;
                if (key < keys)
                {
                    float probability = gradients.Probability(batch, head, query, key);
                    shared[Group.IdxX] = gradients.ScoreGradient(batch, head, query, key, probability, terms.Factor(headOfAll, key, query));
                }
                Group.Barrier();
                if (d < terms.Depth)
                {
                    int some = IntrinsicMath.Min(Group.DimX, keys - tile);
                    for (int i = 0; i < some; i++) sum = GpuMath.FusedMultiplyAdd(shared[i], terms.Key(batch, keyHead, tile + i, d), sum);
                }
                Group.Barrier();
            }
            if (d < terms.Depth) dq[to + d] = sum * terms.Scale;
        }
    }
}

/// <summary>dk = scale * the queries weighted by dS, dv = dy weighted by the dropped probabilities, both summed over the heads of
/// queries that read the key's; a group of threads a key.</summary>
internal readonly struct AttentionBackwardKeyKernel(
    ProbabilityGradients gradients, ArrayView<float> dk, HeadRows dkRows, ArrayView<float> dv, HeadRows dvRows) : IGroupKernel
{
    public void Run(int group)
    {
        var probabilities = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var scores = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var terms = gradients.Terms;
        int headOfAll = group / terms.Keys, key = group - headOfAll * terms.Keys;
        int batch = headOfAll / terms.KeyHeads, keyHead = headOfAll - batch * terms.KeyHeads, shared = terms.Heads / terms.KeyHeads;
        int toKey = dkRows.Offset(batch, keyHead, key), toValue = dvRows.Offset(batch, keyHead, key);
        for (int first = 0; first < terms.Depth; first += Group.DimX)
        {
            int d = first + Group.IdxX;
            float keySum = 0f, valueSum = 0f;
            for (int head = keyHead * shared; head < (keyHead + 1) * shared; head++)
            {
                for (int tile = 0; tile < terms.Queries; tile += Group.DimX)
                {
                    int query = tile + Group.IdxX;
                    if (query < terms.Queries)
                    {
                        float dropped = 0f, gradient = 0f;
                        if (key < terms.KeysOf(batch, query) && key >= terms.FirstKeyOf(batch, query))
                        {
                            float probability = gradients.Probability(batch, head, query, key);
                            float factor = terms.Factor(batch * terms.Heads + head, key, query);
                            dropped = probability * factor;
                            gradient = gradients.ScoreGradient(batch, head, query, key, probability, factor);
                        }
                        probabilities[Group.IdxX] = dropped;
                        scores[Group.IdxX] = gradient;
                    }
                    Group.Barrier();
                    if (d < terms.Depth)
                    {
                        int some = IntrinsicMath.Min(Group.DimX, terms.Queries - tile);
                        for (int i = 0; i < some; i++)
                        {
                            keySum = GpuMath.FusedMultiplyAdd(scores[i], terms.Query(batch, head, tile + i, d), keySum);
                            valueSum = GpuMath.FusedMultiplyAdd(probabilities[i], gradients.OutputGradient(batch, head, tile + i, d), valueSum);
                        }
                    }
                    Group.Barrier();
                }
            }
            if (d < terms.Depth)
            {
                dk[toKey + d] = keySum * terms.Scale;
                dv[toValue + d] = valueSum;
            }
        }
    }
}

/// <summary>dbias = dS, summed in order over the sequences, heads and queries that share the bias; a thread a number of it.</summary>
internal readonly struct AttentionBackwardBiasKernel(
    ProbabilityGradients gradients, ArrayView<float> dbias, int sequences, int ownSequences, int ownHeads, int ownQueries) : IElementKernel
{
    public void Run(int index)
    {
        var terms = gradients.Terms;
        int row = index / terms.Keys, key = index - row * terms.Keys;
        int headOfAll = row / ownQueries, ownQuery = row - headOfAll * ownQueries;
        int ownBatch = headOfAll / ownHeads, ownHead = headOfAll - ownBatch * ownHeads;
        // along an axis of length 1 all rows share
        int batches = ownSequences == 1 ? sequences : 1, heads = ownHeads == 1 ? terms.Heads : 1, queries = ownQueries == 1 ? terms.Queries : 1;
        float sum = 0f;
        for (int batch = ownBatch; batch < ownBatch + batches; batch++)
        {
            for (int head = ownHead; head < ownHead + heads; head++)
            {
                for (int query = ownQuery; query < ownQuery + queries; query++)
                {
                    if (key >= terms.KeysOf(batch, query) || key < terms.FirstKeyOf(batch, query)) continue;
                    float probability = gradients.Probability(batch, head, query, key);
                    sum += gradients.ScoreGradient(batch, head, query, key, probability, terms.Factor(batch * terms.Heads + head, key, query));
                }
            }
        }
        dbias[index] = sum;
    }
}
