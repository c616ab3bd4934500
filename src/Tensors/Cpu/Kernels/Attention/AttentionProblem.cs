namespace Graft.Tensors;

// Letters: B sequences, H heads, T queries, S keys, D numbers a head.
/// <summary>The lengths and masks that forward and backward share, and where blocks of queries and keys begin.</summary>
internal readonly unsafe struct AttentionProblem
{
    /// <summary>Queries that are worked on together, one a place of a lane; as many as dropout draws together.</summary>
    public const int QueryBlock = DropoutMask.Block;

    /// <summary>Keys whose scores are held at a time.</summary>
    public const int KeyBlock = 11 * AttentionTile.Rows;

    private readonly int* lengths;
    private readonly float* bias;

    public AttentionProblem(AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<int>? lengths, Tensor<float>? bias)
    {
        Settings = settings;
        (Batch, Heads, Queries, Keys, Depth) = (q.Shape[0], q.Shape[1], q.Shape[2], k.Shape[2], q.Shape[3]);
        this.lengths = lengths.PointerOrNull();
        this.bias = bias.PointerOrNull();
    }

    public AttentionSettings Settings { get; }

    public int Batch { get; }

    public int Heads { get; }

    public int Queries { get; }

    public int Keys { get; }

    public int Depth { get; }

    public int QueryBlocks => (Queries + QueryBlock - 1) / QueryBlock;

    /// <summary>D rounded up to whole tiles.</summary>
    public int PaddedDepth => AttentionTile.RoundUp(Depth, AttentionTile.Columns);

    /// <summary>How many keys the queries before <paramref name="queryEnd"/> of a sequence see: padding is not looked at.</summary>
    public int KeysOf(int batch, int queryEnd)
    {
        int keys = lengths is null ? Keys : Math.Clamp(lengths[batch], 0, Keys);
        return Settings.IsCausal ? Math.Clamp(queryEnd + Keys - Queries, 0, keys) : keys;
    }

    /// <summary>scores [keys, 64] += the mask's; -infinity where a query must not look.</summary>
    public void Mask<S>(float* scores, int columns, int batch, int firstKey, int keys, int firstQuery) where S : unmanaged, IVectorLane<S>
    {
        if (bias is not null)
        {
            float* added = bias + (nint)batch * Keys + firstKey;
            for (int key = 0; key < keys; key++)
                for (int i = key * QueryBlock; i < key * QueryBlock + columns; i += S.Width)
                    S.Store(S.Load(scores + i) + S.LoadSplat(added + key), scores + i);
        }
        if (!Settings.IsCausal || firstKey + keys <= firstQuery + 1 + Keys - Queries) return;
        float* places = stackalloc float[QueryBlock];
        for (int i = 0; i < QueryBlock; i++) places[i] = i;
        for (int key = 0; key < keys; key++)
        {
            var own = S.Splat(firstKey + key - (Keys - Queries) - firstQuery);
            float* row = scores + key * QueryBlock;
            for (int i = 0; i < columns; i += S.Width)
                S.Store(S.WhereGreater(own, S.Load(places + i), S.Splat(float.NegativeInfinity), S.Load(row + i)), row + i);
        }
    }

    /// <summary>The factors of dropout for one key and a block of queries.</summary>
    public void DrawFactors<S>(int head, int key, int queryBlock, float* factors) where S : unmanaged, IVectorLane<S> =>
        DropoutFactors.Draw<S>(Settings.Dropout, ((ulong)head * (uint)Keys + (uint)key) * (uint)QueryBlocks + (uint)queryBlock, factors);
}

/// <summary>A tensor [B, H, T, D] with any strides but a last one of 1.</summary>
internal readonly unsafe struct HeadRows
{
    private readonly float* start;
    private readonly nint batchStep;
    private readonly nint headStep;

    public HeadRows(Tensor<float> tensor)
    {
        start = tensor.Pointer();
        (batchStep, headStep, Step) = (tensor.Strides[0], tensor.Strides[1], tensor.Strides[2]);
    }

    /// <summary>From one row to the next.</summary>
    public nint Step { get; }

    public float* Row(int batch, int head, int row) => start + batch * batchStep + head * headStep + row * Step;

    /// <summary>to [D, 64] = scale * rows, transposed; zeros beyond the last row.</summary>
    public static void Transpose(float* from, nint step, int rows, int depth, float scale, float* to)
    {
        SmallTranspose.Run(from, step, rows, depth, scale, to, AttentionProblem.QueryBlock);
        for (int d = 0; d < depth; d++)
            new Span<float>(to + d * AttentionProblem.QueryBlock + rows, AttentionProblem.QueryBlock - rows).Clear();
    }

    /// <summary>to [rows, padded] = scale * rows; zeros beyond D.</summary>
    public static void Pack<S>(float* from, nint step, int rows, int depth, int padded, float scale, float* to)
        where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < rows; row++, from += step, to += padded)
        {
            int d = 0;
            for (; d + S.Width <= depth; d += S.Width) S.Store(S.Splat(scale) * S.Load(from + d), to + d);
            for (; d < depth; d++) to[d] = scale * from[d];
            new Span<float>(to + depth, padded - depth).Clear();
        }
    }
}
