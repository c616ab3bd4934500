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
