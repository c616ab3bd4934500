using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>Which gradient of an attention a kernel makes.</summary>
internal interface IAttentionGradient
{
    /// <summary>Whether it has a row for each query; otherwise one for each key.</summary>
    static abstract bool OfQueries { get; }

    /// <summary>Whether its rows are weighted by the gradients of scores; otherwise by probabilities.</summary>
    static abstract bool OfScores { get; }
}

/// <summary>dq: keys weighted by the gradients of scores.</summary>
internal readonly struct QueryGradient : IAttentionGradient
{
    public static bool OfQueries => true;

    public static bool OfScores => true;
}

/// <summary>dk: queries weighted by the gradients of scores.</summary>
internal readonly struct KeyGradient : IAttentionGradient
{
    public static bool OfQueries => false;

    public static bool OfScores => true;
}

/// <summary>dv: the gradients of outputs weighted by probabilities.</summary>
internal readonly struct ValueGradient : IAttentionGradient
{
    public static bool OfQueries => false;

    public static bool OfScores => false;
}

/// <summary>A gradient of attention by tiles: a group of threads has a tile of its rows (queries or keys) and as many columns, and goes through the others (keys or queries) a tile at a
/// time. Scores are computed again as a product of tiles, become what the others are weighted by in shared memory, and are multiplied with them.</summary>
internal readonly struct TiledAttentionGradientKernel<TGradient, TTile>(
    ScoreTerms terms, HeadMatrices q, HeadMatrices k, HeadMatrices v, HeadMatrices dy, ArrayView<float> logSumExp, ArrayView<float> delta, ArrayView<float> result, HeadRows resultRows)
    : IGroupKernel
    where TGradient : struct, IAttentionGradient
    where TTile : struct, ITile
{
    public void Run(int group)
    {
        int side = Tile<TTile>.Side;
        var shared = SharedMemory.Allocate<float>(Tile<TTile>.Panels + Tile<TTile>.Kept);
        ArrayView<float> panels = shared.SubView(0, Tile<TTile>.Panels), weights = shared.SubView(Tile<TTile>.Panels, Tile<TTile>.Kept);
        int rows = TGradient.OfQueries ? terms.Queries : terms.Keys, heads = TGradient.OfQueries ? terms.Heads : terms.KeyHeads;
        int parts = Ceiling.Divide(terms.Depth, side), tiles = Ceiling.Divide(rows, side);
        int tileOfAll = group / parts, firstColumn = (group - tileOfAll * parts) * side;
        int headOfAll = tileOfAll / tiles, firstRow = (tileOfAll - headOfAll * tiles) * side;
        int batch = headOfAll / heads, ownHead = headOfAll - batch * heads;
        // heads of queries that read a head of keys add up in its gradient
        int sharing = TGradient.OfQueries ? 1 : terms.Heads / terms.KeyHeads;

        var sums = default(ThreadSums);
        for (int head = ownHead * sharing; head < (ownHead + 1) * sharing; head++)
        {
            int first = 0, last = terms.Queries;
            if (TGradient.OfQueries)
            {
                first = terms.FirstKeyOf(batch, firstRow) / side * side;
                last = terms.KeysOf(batch, IntrinsicMath.Min(firstRow + side, rows) - 1);
            }
            for (int firstOther = first; firstOther < last; firstOther += side)
            {
                if (!TGradient.OfQueries)
                {
                    bool isBefore = terms.KeysOf(batch, IntrinsicMath.Min(firstOther + side, last) - 1) <= firstRow;
                    if (isBefore || terms.FirstKeyOf(batch, firstOther) >= firstRow + side) continue;
                }
                Weigh(batch, head, firstRow, firstOther, panels, weights);
                if (TGradient.OfQueries) Tile<TTile>.AddKept(ref sums, weights, k.Columns(batch, terms.KeyHead(head), firstColumn), firstOther, last, panels);
                else if (TGradient.OfScores) Tile<TTile>.AddKept(ref sums, weights, q.Columns(batch, head, firstColumn), firstOther, last, panels);
                else Tile<TTile>.AddKept(ref sums, weights, dy.Columns(batch, head, firstColumn), firstOther, last, panels);
            }
        }
        float scale = TGradient.OfScores ? terms.Scale : 1f;
        for (int i = 0; i < Eight.Count; i++)
        {
            int row = firstRow + Tile<TTile>.Row(i);
            if (row >= rows) continue;
            int to = resultRows.Offset(batch, ownHead, row);
            var line = sums.Row(i);
            for (int j = 0; j < Eight.Count; j++)
            {
                int column = firstColumn + Tile<TTile>.Column(j);
                if (column < terms.Depth) result[to + column] = line.At(j) * scale;
            }
        }
    }

    /// <summary>What a tile of others is weighted by: probabilities, dropped ones 0, or P (factor * dy v - delta).</summary>
    private void Weigh(int batch, int head, int firstRow, int firstOther, ArrayView<float> panels, ArrayView<float> weights)
    {
        int keyHead = terms.KeyHead(head), headOfAll = batch * terms.Heads + head;
        var products = default(ThreadSums);
        if (TGradient.OfQueries) Tile<TTile>.Add(ref products, q.Rows(batch, head, firstRow), k.Rows(batch, keyHead, firstOther), terms.Depth, panels);
        else Tile<TTile>.Add(ref products, k.Rows(batch, keyHead, firstRow), q.Rows(batch, head, firstOther), terms.Depth, panels);
        for (int i = 0; i < Eight.Count; i++)
        {
            var line = products.Row(i);
            for (int j = 0; j < Eight.Count; j++)
            {
                int row = Tile<TTile>.Row(i), other = Tile<TTile>.Column(j);
                int query = TGradient.OfQueries ? firstRow + row : firstOther + other, key = TGradient.OfQueries ? firstOther + other : firstRow + row;
                float weight = 0f;
                if (query < terms.Queries && key < terms.KeysOf(batch, query) && key >= terms.FirstKeyOf(batch, query))
                {
                    float score = terms.ScoreOf(line.At(j), batch, head, query, key);
                    weight = GpuLane.Exp(new GpuLane(score - logSumExp[headOfAll * terms.Queries + query])).Value;
                    if (!TGradient.OfScores) weight *= terms.Factor(headOfAll, key, query);
                }
                weights[other * Tile<TTile>.Line + row] = weight;
            }
        }
        if (!TGradient.OfScores) return;
        products = default;
        if (TGradient.OfQueries) Tile<TTile>.Add(ref products, dy.Rows(batch, head, firstRow), v.Rows(batch, keyHead, firstOther), terms.Depth, panels);
        else Tile<TTile>.Add(ref products, v.Rows(batch, keyHead, firstRow), dy.Rows(batch, head, firstOther), terms.Depth, panels);
        for (int i = 0; i < Eight.Count; i++)
        {
            var line = products.Row(i);
            for (int j = 0; j < Eight.Count; j++)
            {
                int row = Tile<TTile>.Row(i), other = Tile<TTile>.Column(j), at = other * Tile<TTile>.Line + row;
                int query = TGradient.OfQueries ? firstRow + row : firstOther + other, key = TGradient.OfQueries ? firstOther + other : firstRow + row;
                if (query >= terms.Queries) continue;
                float probability = weights[at], along = GpuMath.FusedMultiplyAdd(line.At(j), terms.Factor(headOfAll, key, query), -delta[headOfAll * terms.Queries + query]);
                // what is not seen may be anything, and its weight stays 0
                weights[at] = GpuMath.WhereGreater(probability, 0f, probability * along, probability);
            }
        }
    }
}
