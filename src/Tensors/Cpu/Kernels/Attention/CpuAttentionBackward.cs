namespace Graft.Tensors;

/// <summary>The gradients of one head of keys and the heads of queries that read it (Dao et al. 2022): the probabilities P = e^(score - logSumExp) are computed again, block by
/// block. With dP = dy v^T and delta = the sum of dy y over D: dS = P (dP - delta), dq = scale dS k, dk = scale dS^T q, dv = P^T dy.
/// Sequences, heads, blocks of queries and of keys come in order, so that the sums do not depend on threads or lanes.</summary>
internal readonly unsafe struct AttentionBackwardKernel(
    AttentionProblem problem, HeadRows dy, HeadRows q, HeadRows k, HeadRows v, HeadRows y, float* logSumExp,
    HeadRows dq, HeadRows dk, HeadRows dv, BiasSums sums, float* dbias) : IRangeKernel
{
    private const int Block = AttentionProblem.QueryBlock;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int depth = problem.Depth, padded = problem.PaddedDepth;
        int keyRows = Ceiling.Multiple(problem.Keys, AttentionProblem.KeyBlock);
        using var workspace = new ThreadWorkspace(checked(
            Block * (2 * depth + Ceiling.Multiple(depth, AttentionTile.Rows) + 2 * padded + (problem.HasBias ? 3 : 2) * AttentionProblem.KeyBlock + 2)
            + 2 * keyRows * padded));
        var room = new Room(workspace.Pointer, problem, keyRows);
        for (nint item = begin; item < end; item++)
        {
            int chunk = (int)(item / problem.KeyHeads), keyHead = (int)(item - (nint)chunk * problem.KeyHeads);
            int batches = Math.Min(problem.Batch, (chunk + 1) * sums.Sequences);
            for (int batch = chunk * sums.Sequences; batch < batches; batch++)
            {
                new Span<float>(room.Dk, keyRows * padded).Clear();
                new Span<float>(room.Dv, keyRows * padded).Clear();
                for (int inBatch = keyHead * problem.Group; inBatch < (keyHead + 1) * problem.Group; inBatch++)
                    for (int queryBlock = 0; queryBlock < problem.QueryBlocks; queryBlock++)
                        Queries<S>(room, chunk, batch, keyHead, inBatch, queryBlock);
                for (int key = 0; key < problem.Keys; key++)
                {
                    new Span<float>(room.Dk + key * padded, depth).CopyTo(new Span<float>(dk.Row(batch, keyHead, key), depth));
                    new Span<float>(room.Dv + key * padded, depth).CopyTo(new Span<float>(dv.Row(batch, keyHead, key), depth));
                }
            }
        }
    }

    private void Queries<S>(in Room room, int chunk, int batch, int keyHead, int inBatch, int queryBlock) where S : unmanaged, IVectorLane<S>
    {
        int head = batch * problem.Heads + inBatch;
        int depth = problem.Depth, padded = problem.PaddedDepth;
        int first = queryBlock * Block, count = Math.Min(Block, problem.Queries - first);
        int columns = Ceiling.Multiple(count, AttentionTile.Columns);
        float* queries = q.Row(batch, inBatch, first), gradients = dy.Row(batch, inBatch, first), outputs = y.Row(batch, inBatch, first);
        HeadRows.Transpose(queries, q.Step, count, depth, problem.Settings.Scale, room.QueriesTransposed);
        HeadRows.Transpose(gradients, dy.Step, count, depth, 1f, room.GradientsTransposed);
        HeadRows.Pack<S>(queries, q.Step, count, depth, padded, problem.Settings.Scale, room.Queries);
        HeadRows.Pack<S>(gradients, dy.Step, count, depth, padded, 1f, room.Gradients);
        new Span<float>(room.Dq, Block * depth).Clear();
        for (int query = 0; query < Block; query++)
        {
            bool isThere = query < count;
            room.Delta[query] = isThere ? VirtualLanes.Sum<Products, S>(new(gradients + query * dy.Step, outputs + query * y.Step), depth) : 0f;
            room.LogSumExp[query] = isThere ? logSumExp[(nint)head * problem.Queries + first + query] : float.PositiveInfinity;
        }

        int keys = problem.KeysOf(batch, first + count);
        for (int key = problem.FirstKeyOf(batch, first); key < keys; key += AttentionProblem.KeyBlock)
        {
            int some = Math.Min(AttentionProblem.KeyBlock, keys - key);
            float* keyRows = k.Row(batch, keyHead, key), valueRows = v.Row(batch, keyHead, key);
            AttentionTile.Product<S>(
                some, columns, depth, keyRows, k.Step, 1, room.QueriesTransposed, Block, room.Probabilities, Block, add: false);
            problem.Mask<S>(room.Probabilities, columns, batch, inBatch, key, some, first, room.Turned);
            AttentionTile.Product<S>(
                some, columns, depth, valueRows, v.Step, 1, room.GradientsTransposed, Block, room.Scores, Block, add: false);
            ScoreGradients<S>(room, columns, head, key, some, queryBlock);
            if (dbias is not null) sums.Add(room.Scores, dbias + sums.Row(chunk, keyHead, inBatch, first) + key, some, count);
            // whole tiles: the rows after the last are other keys' own, and get zeros added
            int whole = Ceiling.Multiple(some, AttentionTile.Rows);
            new Span<float>(room.Probabilities + some * Block, (whole - some) * Block).Clear();
            new Span<float>(room.Scores + some * Block, (whole - some) * Block).Clear();
            AttentionTile.Product<S>(
                whole, padded, count, room.Probabilities, Block, 1, room.Gradients, padded, room.Dv + key * padded, padded, add: true);
            AttentionTile.Product<S>(whole, padded, count, room.Scores, Block, 1, room.Queries, padded, room.Dk + key * padded, padded, add: true);
            AttentionTile.Product<S>(depth, columns, some, keyRows, 1, k.Step, room.Scores, Block, room.Dq, Block, add: true);
        }
        SmallTranspose.Run(room.Dq, Block, depth, count, problem.Settings.Scale, dq.Row(batch, inBatch, first), dq.Step);
    }

    /// <summary>Of scores and the gradients of dropped probabilities: the dropped probabilities, and the gradients of the scores.</summary>
    private void ScoreGradients<S>(in Room room, int columns, int head, int firstKey, int keys, int queryBlock)
        where S : unmanaged, IVectorLane<S>
    {
        bool drops = !problem.Settings.Dropout.DropsNone;
        float* factors = stackalloc float[Block];
        for (int key = 0; key < keys; key++)
        {
            if (drops) problem.DrawFactors<S>(head, firstKey + key, queryBlock, factors);
            float* probabilities = room.Probabilities + key * Block, gradients = room.Scores + key * Block;
            for (int i = 0; i < columns; i += S.Width)
            {
                var probability = S.Exp(S.Load(probabilities + i) - S.Load(room.LogSumExp + i));
                var gradient = S.Load(gradients + i);
                if (drops)
                {
                    var factor = S.Load(factors + i);
                    gradient *= factor;
                    S.Store(probability * factor, probabilities + i);
                }
                else
                {
                    S.Store(probability, probabilities + i);
                }
                S.Store(probability * (gradient - S.Load(room.Delta + i)), gradients + i);
            }
        }
    }

    private readonly struct Products(float* left, float* right) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S> =>
            S.FusedMultiplyAdd(S.Load(left + i), S.Load(right + i), running);
    }

    /// <summary>A worker's memory.</summary>
    private readonly struct Room
    {
        /// <summary>[D, 64]; [D, 64]; [D rounded up to tiles, 64].</summary>
        public readonly float* QueriesTransposed, GradientsTransposed, Dq;

        /// <summary>[64, padded D].</summary>
        public readonly float* Queries, Gradients;

        /// <summary>[keys of a block, 64].</summary>
        public readonly float* Probabilities, Scores;

        /// <summary>[64].</summary>
        public readonly float* Delta, LogSumExp;

        /// <summary>[S rounded up to blocks, padded D].</summary>
        public readonly float* Dk, Dv;

        /// <summary>[keys of a block, 64]; where there is a bias.</summary>
        public readonly float* Turned;

        public Room(float* start, in AttentionProblem problem, int keyRows)
        {
            QueriesTransposed = start;
            GradientsTransposed = QueriesTransposed + Block * problem.Depth;
            Dq = GradientsTransposed + Block * problem.Depth;
            Queries = Dq + Block * Ceiling.Multiple(problem.Depth, AttentionTile.Rows);
            Gradients = Queries + Block * problem.PaddedDepth;
            Probabilities = Gradients + Block * problem.PaddedDepth;
            Scores = Probabilities + Block * AttentionProblem.KeyBlock;
            Delta = Scores + Block * AttentionProblem.KeyBlock;
            LogSumExp = Delta + Block;
            Dk = LogSumExp + Block;
            Dv = Dk + keyRows * problem.PaddedDepth;
            Turned = Dv + keyRows * problem.PaddedDepth;
        }
    }
}
