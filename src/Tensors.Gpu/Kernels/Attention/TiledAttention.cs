using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>Rows of one head as a factor: [rows, D] with the numbers of a row as its terms, or as its columns.</summary>
/// <param name="elements">The tensor's memory.</param>
/// <param name="offset">Where the head's first row begins.</param>
/// <param name="outerStep">The step of what is not summed over.</param>
/// <param name="termStep">The step of what is.</param>
internal readonly struct HeadFactor(ArrayView<float> elements, int offset, int outerStep, int termStep) : IFactor
{
    public float At(int batch, int outer, int term) => elements[offset + outer * outerStep + term * termStep];
}

/// <summary>A tensor [B, H, rows, D] whose heads are factors.</summary>
internal readonly struct HeadMatrices(ArrayView<float> elements, HeadRows rows, int count, int depth)
{
    /// <summary>A head's rows from <paramref name="first"/> on, to be summed over D.</summary>
    public TileFactor<HeadFactor> Rows(int batch, int head, int first) =>
        new(new HeadFactor(elements, rows.Offset(batch, head, 0), rows.Step, 1), 0, first, count, 1);

    /// <summary>A head's columns from <paramref name="first"/> on, to be summed over rows.</summary>
    public TileFactor<HeadFactor> Columns(int batch, int head, int first) =>
        new(new HeadFactor(elements, rows.Offset(batch, head, 0), 1, rows.Step), 0, first, depth, 0);
}

/// <summary>Attention of many queries without their scores in memory (FlashAttention-2; Dao 2023): a group of threads has a tile of queries and as many columns of the values, and
/// goes through the keys a tile at a time. Scores are a product of tiles, kept in shared memory; a thread a query makes probabilities of them that are relative to the largest so
/// far, and what has been summed is brought to the new largest before the tile's values are added.</summary>
internal readonly struct TiledAttentionKernel<TTile>(
    ScoreTerms terms, HeadMatrices q, HeadMatrices k, HeadMatrices v, ArrayView<float> y, HeadRows yRows, ArrayView<float> logSumExp, int saves) : IGroupKernel
    where TTile : struct, ITile
{
    public void Run(int group)
    {
        int side = Tile<TTile>.Side;
        var shared = SharedMemory.Allocate<float>(Tile<TTile>.Panels + Tile<TTile>.Kept + 3 * Tile<TTile>.Side);
        ArrayView<float> panels = shared.SubView(0, Tile<TTile>.Panels), probabilities = shared.SubView(Tile<TTile>.Panels, Tile<TTile>.Kept);
        var ofRows = shared.SubView(Tile<TTile>.Panels + Tile<TTile>.Kept, 3 * side);
        ArrayView<float> largest = ofRows.SubView(0, side), total = ofRows.SubView(side, side), change = ofRows.SubView(2 * side, side);

        int parts = Ceiling.Divide(terms.Depth, side), tiles = Ceiling.Divide(terms.Queries, side);
        int tileOfAll = group / parts, firstColumn = (group - tileOfAll * parts) * side;
        int headOfAll = tileOfAll / tiles, firstQuery = (tileOfAll - headOfAll * tiles) * side;
        int batch = headOfAll / terms.Heads, head = headOfAll - batch * terms.Heads, keyHead = terms.KeyHead(head);
        int lastQuery = IntrinsicMath.Min(firstQuery + side, terms.Queries) - 1;
        int keys = terms.KeysOf(batch, lastQuery);
        for (int row = Group.IdxX; row < side; row += Group.DimX)
        {
            largest[row] = AttentionLimits.LowestMaximum;
            total[row] = 0f;
        }

        var sums = default(ThreadSums);
        for (int firstKey = terms.FirstKeyOf(batch, firstQuery) / side * side; firstKey < keys; firstKey += side)
        {
            var scores = default(ThreadSums);
            Tile<TTile>.Add(ref scores, q.Rows(batch, head, firstQuery), k.Rows(batch, keyHead, firstKey), terms.Depth, panels);
            for (int i = 0; i < Eight.Count; i++)
            {
                var line = scores.Row(i);
                for (int j = 0; j < Eight.Count; j++) probabilities[Tile<TTile>.Column(j) * Tile<TTile>.Line + Tile<TTile>.Row(i)] = line.At(j);
            }
            Group.Barrier();
            for (int row = Group.IdxX; row < side; row += Group.DimX)
                change[row] = Weigh(batch, head, firstQuery + row, firstKey, keys, probabilities.SubView(row, probabilities.IntLength - row), largest.SubView(row, 1), total.SubView(row, 1));
            Group.Barrier();
            sums.Scale(Tile<TTile>.RowsOf(change));
            Tile<TTile>.AddKept(ref sums, probabilities, v.Columns(batch, keyHead, firstColumn), firstKey, keys, panels);
        }

        // a tile that no key is seen from has not waited for what its rows begin with
        Group.Barrier();
        for (int i = 0; i < Eight.Count; i++)
        {
            int row = Tile<TTile>.Row(i), query = firstQuery + row;
            if (query >= terms.Queries) continue;
            float inverse = GpuMath.WhereGreater(total[row], 0f, 1f / total[row], 0f);
            int to = yRows.Offset(batch, head, query);
            var line = sums.Row(i);
            for (int j = 0; j < Eight.Count; j++)
            {
                int column = firstColumn + Tile<TTile>.Column(j);
                if (column < terms.Depth) y[to + column] = line.At(j) * inverse;
            }
        }
        if (saves == 0 || firstColumn != 0) return;
        for (int row = Group.IdxX; row < side && firstQuery + row < terms.Queries; row += Group.DimX)
        {
            var sum = new GpuLane(total[row]);
            logSumExp[headOfAll * terms.Queries + firstQuery + row] =
                GpuMath.WhereGreater(sum.Value, 0f, (GpuLane.Log(sum) + new GpuLane(largest[row])).Value, float.PositiveInfinity);
        }
    }

    /// <summary>Makes a query's probabilities of its scores, which lie a line apart.</summary>
    /// <returns>What the sums so far are multiplied by, to be relative to the new largest score.</returns>
    private float Weigh(int batch, int head, int query, int firstKey, int keysOfTile, ArrayView<float> column, ArrayView<float> largest, ArrayView<float> total)
    {
        int some = IntrinsicMath.Min(Tile<TTile>.Side, keysOfTile - firstKey), first = terms.FirstKeyOf(batch, query), keys = query < terms.Queries ? terms.KeysOf(batch, query) : 0;
        int headOfAll = batch * terms.Heads + head;
        float before = largest[0];
        var now = new GpuLane(before);
        for (int number = 0; number < some; number++)
        {
            int key = firstKey + number;
            if (key < first || key >= keys) continue;
            float score = terms.ScoreOf(column[number * Tile<TTile>.Line], batch, head, query, key);
            column[number * Tile<TTile>.Line] = score;
            now = GpuLane.Max(new GpuLane(score), now);
        }
        float sum = 0f;
        // keys beyond the last are read too, a panel at a time
        for (int number = 0; number < Tile<TTile>.Side; number++)
        {
            int key = firstKey + number;
            float dropped = 0f;
            if (key >= first && key < keys)
            {
                float probability = GpuLane.Exp(new GpuLane(column[number * Tile<TTile>.Line]) - now).Value;
                sum += probability;
                dropped = probability * terms.Factor(headOfAll, key, query);
            }
            column[number * Tile<TTile>.Line] = dropped;
        }
        float factor = GpuLane.Exp(new GpuLane(before) - now).Value;
        largest[0] = now.Value;
        total[0] = GpuMath.FusedMultiplyAdd(total[0], factor, sum);
        return factor;
    }
}
