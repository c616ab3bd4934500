namespace Graft.Tensors;

// Letters: B sequences, H heads, T queries, S keys, D numbers a head.
public sealed partial class CpuDevice
{
    public override unsafe void Attention(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths, Tensor<float>? keyBias,
        Tensor<float>? bias, Tensor<float> y, Tensor<float>? logSumExp)
    {
        var problem = new AttentionProblem(settings, q, k, lengths, keyBias, bias);
        nint items = (nint)problem.Batch * problem.Heads * problem.QueryBlocks;
        if (problem.Queries == 1 && settings.Dropout.DropsNone)
        {
            workers.Run(new OneQueryKernel(problem, new(q), new(k), new(v), new(y), logSumExp.PointerOrNull()), items, (long)problem.Keys * (problem.Depth / 2 + 4));
        }
        else
        {
            var kernel = new AttentionKernel(problem, new(q), new(k), new(v), new(y), logSumExp.PointerOrNull());
            workers.Run(kernel, items, (long)AttentionProblem.QueryBlock * problem.Keys * (problem.Depth / 4 + 4));
        }
        KeepAlive(q, k, v, lengths, keyBias, bias, y, logSumExp);
    }

    public override unsafe void AttentionBackward(
        AttentionSettings settings, Tensor<float> dy, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths,
        Tensor<float>? keyBias, Tensor<float>? bias, Tensor<float> y, Tensor<float> logSumExp,
        Tensor<float> dq, Tensor<float> dk, Tensor<float> dv, Tensor<float>? dbias)
    {
        var problem = new AttentionProblem(settings, q, k, lengths, keyBias, bias);
        var sums = new BiasSums(problem, dbias);
        using var apart = dbias is null || sums.AreOf(dbias) ? null : Rent<float>(sums.Shape);
        var partial = apart ?? dbias;
        if (partial is not null) Fill(partial, 0f);
        var kernel = new AttentionBackwardKernel(
            problem, new(dy), new(q), new(k), new(v), new(y), logSumExp.Pointer(), new(dq), new(dk), new(dv), sums, partial.PointerOrNull());
        workers.Run(
            kernel, (nint)sums.Chunks * problem.KeyHeads,
            (long)sums.Sequences * problem.Group * problem.Queries * problem.Keys * (problem.Depth + 8));
        if (apart is not null) Reduce<SumOf>(apart, dbias!);
        KeepAlive(dy, q, k, v, lengths, keyBias, bias, y, logSumExp, dq, dk, dv, dbias);
    }
}

/// <summary>Attention of one block of 64 queries of one head, over blocks of keys with a running maximum and sum (Milakov and
/// Gimelshein 2018; Dao et al. 2022). Everything lies transposed, [keys, queries] and [D, queries]: a query is an element of a lane, so
/// that maxima and sums run down the lanes, keys and values are read in place, and no width of lane changes an order.</summary>
internal readonly unsafe struct AttentionKernel(
    AttentionProblem problem, HeadRows q, HeadRows k, HeadRows v, HeadRows y, float* logSumExp) : IRangeKernel
{
    private const int Block = AttentionProblem.QueryBlock;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int depth = problem.Depth, paddedDepth = Ceiling.Multiple(depth, AttentionTile.Rows);
        using var workspace = new ThreadWorkspace(Block * (depth + paddedDepth + (problem.HasBias ? 2 : 1) * AttentionProblem.KeyBlock + 2));
        float* queries = workspace.Pointer, outputs = queries + Block * depth, scores = outputs + Block * paddedDepth;
        float* maximum = scores + Block * AttentionProblem.KeyBlock, sum = maximum + Block, turned = sum + Block;
        for (nint item = begin; item < end; item++)
        {
            int head = (int)(item / problem.QueryBlocks), queryBlock = (int)(item - (nint)head * problem.QueryBlocks);
            int batch = head / problem.Heads, inBatch = head - batch * problem.Heads, keyHead = inBatch / problem.Group;
            int first = queryBlock * Block, count = Math.Min(Block, problem.Queries - first);
            int columns = Ceiling.Multiple(count, AttentionTile.Columns);
            HeadRows.Transpose(q.Row(batch, inBatch, first), q.Step, count, depth, problem.Settings.Scale, queries);
            new Span<float>(maximum, Block).Fill(AttentionLimits.LowestMaximum);
            new Span<float>(sum, Block).Clear();
            new Span<float>(outputs, Block * paddedDepth).Clear();

            int keys = problem.KeysOf(batch, first + count);
            for (int key = problem.FirstKeyOf(batch, first); key < keys; key += AttentionProblem.KeyBlock)
            {
                int some = Math.Min(AttentionProblem.KeyBlock, keys - key);
                float* keyRows = k.Row(batch, keyHead, key), valueRows = v.Row(batch, keyHead, key);
                AttentionTile.Product<S>(some, columns, depth, keyRows, k.Step, 1, queries, Block, scores, Block, add: false);
                problem.Mask<S>(scores, columns, batch, inBatch, key, some, first, turned);
                for (int i = 0; i < columns; i += S.Width) Exponentials<S>(scores + i, some, maximum + i, sum + i, outputs + i);
                if (!problem.Settings.Dropout.DropsNone) ApplyDropout<S>(scores, columns, head, key, some, queryBlock);
                AttentionTile.Product<S>(depth, columns, some, valueRows, 1, v.Step, scores, Block, outputs, Block, add: true);
            }
            Finish<S>(outputs, maximum, sum, batch, head, first, count);
        }
    }

    /// <summary>scores = e^(scores - maximum) of as many queries as the lane is wide; what was summed under an older maximum is
    /// scaled to the new one.</summary>
    private void Exponentials<S>(float* scores, int keys, float* maximum, float* sum, float* outputs) where S : unmanaged, IVectorLane<S>
    {
        var before = S.Load(maximum);
        var largest = before;
        for (int key = 0; key < keys; key++) largest = S.Max(S.Load(scores + key * Block), largest);
        var correction = S.Exp(before - largest);
        var total = S.Load(sum) * correction;
        for (int key = 0; key < keys; key++)
        {
            var probability = S.Exp(S.Load(scores + key * Block) - largest);
            S.Store(probability, scores + key * Block);
            total += probability;
        }
        S.Store(largest, maximum);
        S.Store(total, sum);
        for (int d = 0; d < problem.Depth; d++) S.Store(S.Load(outputs + d * Block) * correction, outputs + d * Block);
    }

    private void ApplyDropout<S>(float* scores, int columns, int head, int firstKey, int keys, int queryBlock) where S : unmanaged, IVectorLane<S>
    {
        float* factors = stackalloc float[Block];
        for (int key = 0; key < keys; key++)
        {
            problem.DrawFactors<S>(head, firstKey + key, queryBlock, factors);
            float* row = scores + key * Block;
            for (int i = 0; i < columns; i += S.Width) S.Store(S.Load(row + i) * S.Load(factors + i), row + i);
        }
    }

    /// <summary>The sums over their totals; a query that saw no key gets zeros, and infinity for backward: every e^(score - it) is 0.</summary>
    private void Finish<S>(float* outputs, float* maximum, float* sum, int batch, int head, int first, int count)
        where S : unmanaged, IVectorLane<S>
    {
        float* saved = logSumExp is null ? null : logSumExp + (nint)head * problem.Queries + first;
        for (int query = 0; saved is not null && query < count; query++)
            saved[query] = sum[query] == 0f ? float.PositiveInfinity : maximum[query] + Lane1.Log(new Lane1(sum[query])).Value;
        for (int query = 0; query < Block; query++) sum[query] = sum[query] == 0f ? 0f : 1f / sum[query];
        for (int d = 0; d < problem.Depth; d++)
            for (int i = 0; i < Block; i += S.Width) S.Store(S.Load(outputs + d * Block + i) * S.Load(sum + i), outputs + d * Block + i);
        SmallTranspose.Run(outputs, Block, problem.Depth, count, 1f, y.Row(batch, head - batch * problem.Heads, first), y.Step);
    }
}
