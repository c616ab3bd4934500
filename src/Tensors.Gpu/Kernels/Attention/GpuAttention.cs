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
        var kernel = new AttentionKernel(
            Terms(settings, q, k, lengths ?? none, lengths, keyBias, bias), ViewOf(v), new(v), ViewOf(y), new(y), ViewOf(logSumExp, y),
            logSumExp is null ? 0 : 1);
        LaunchGroups(kernel, RowCount(q), q, k, v, lengths, keyBias, bias, y, logSumExp);
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
        LaunchGroups(
            new AttentionBackwardQueryKernel(gradients, ViewOf(dq), new(dq)), RowCount(q), q, k, v, lengths, keyBias, bias, logSumExp, dq);
        LaunchGroups(
            new AttentionBackwardKeyKernel(gradients, ViewOf(dk), new(dk), ViewOf(dv), new(dv)), RowCount(k), q, k, v, lengths, keyBias,
            bias, dk, dv);
        if (dbias is null) return;
        LaunchElements(
            new AttentionBackwardBiasKernel(gradients, ViewOf(dbias), q.Shape[0], dbias.Shape[0], dbias.Shape[1], dbias.Shape[2]),
            CountOf(dbias), q, k, v, lengths, keyBias, bias, dbias);
    }

    private ScoreTerms Terms(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<int> lengthsOrNone, Tensor<int>? lengths, Tensor<float>? keyBias,
        Tensor<float>? bias) => new(
        settings, q, ViewOf(q), k, ViewOf(k), ViewOf(lengthsOrNone), lengths is null ? 0 : 1, ViewOf(keyBias, q), keyBias is null ? 0 : 1,
        ViewOf(bias, q), bias is null ? default : new BiasRows(bias), bias is null ? 0 : 1);

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
