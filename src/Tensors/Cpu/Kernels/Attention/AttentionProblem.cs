namespace Graft.Tensors;

// Letters: B sequences, H heads, T queries, S keys, D numbers a head.
/// <summary>The lengths and masks that forward and backward share, and where blocks of queries and keys begin.</summary>
internal readonly unsafe struct AttentionProblem
{
    /// <summary>Queries that are worked on together, one an element of a lane; as many as dropout draws together.</summary>
    public const int QueryBlock = DropoutMask.Block;

    /// <summary>Keys whose scores are held at a time.</summary>
    public const int KeyBlock = 11 * AttentionTile.Rows;

    private readonly int* lengths;
    private readonly float* keyBias;
    private readonly HeadRows bias;

    public AttentionProblem(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<int>? lengths, Tensor<float>? keyBias, Tensor<float>? bias)
    {
        Settings = settings;
        (Batch, Heads, Queries, Keys, Depth) = (q.Shape[0], q.Shape[1], q.Shape[2], k.Shape[2], q.Shape[3]);
        KeyHeads = k.Shape[1];
        this.lengths = lengths.PointerOrNull();
        this.keyBias = keyBias.PointerOrNull();
        this.bias = bias is null ? default : HeadRows.Broadcast(bias);
        HasBias = bias is not null;
    }

    public AttentionSettings Settings { get; }

    public int Batch { get; }

    public int Heads { get; }

    /// <summary>How many heads keys and values have.</summary>
    public int KeyHeads { get; }

    /// <summary>How many heads of queries share one of keys.</summary>
    public int Group => Heads / KeyHeads;

    /// <summary>Whether each pair of a query and a key has a bias of its own.</summary>
    public bool HasBias { get; }

    /// <summary>Whether anything is added to scores or hides them.</summary>
    public bool HasMask => HasBias || keyBias is not null || Settings.IsCausal;

    public int Queries { get; }

    public int Keys { get; }

    public int Depth { get; }

    public int QueryBlocks => Ceiling.Divide(Queries, QueryBlock);

    /// <summary>D rounded up to whole tiles.</summary>
    public int PaddedDepth => Ceiling.Multiple(Depth, AttentionTile.Columns);

    /// <summary>How many keys the queries before <paramref name="queryEnd"/> of a sequence see: padding is not looked at.</summary>
    public int KeysOf(int batch, int queryEnd)
    {
        int keys = KeysOf(batch);
        return Settings.IsCausal ? Math.Clamp(queryEnd + (Settings.CountsFromLengths ? keys : Keys) - Queries, 0, keys) : keys;
    }

    /// <summary>The first key that the queries from <paramref name="firstQuery"/> on see, at the beginning of a tile.</summary>
    public int FirstKeyOf(int batch, int firstQuery) => Settings.FirstKey(firstQuery + Ahead(batch)) / AttentionTile.Rows * AttentionTile.Rows;

    /// <summary>scores [keys, 64] += the mask's and the bias; -infinity where a query must not look.</summary>
    /// <param name="scores">The scores of a block of keys and a block of queries.</param>
    /// <param name="columns">Queries, rounded up to whole lanes.</param>
    /// <param name="batch">The sequence.</param>
    /// <param name="head">The head of the queries.</param>
    /// <param name="firstKey">The first key of the block.</param>
    /// <param name="keys">How many keys the block has.</param>
    /// <param name="firstQuery">The first query of the block.</param>
    /// <param name="turned">Room for as many numbers as the scores are, where there is a bias.</param>
    public void Mask<S>(float* scores, int columns, int batch, int head, int firstKey, int keys, int firstQuery, float* turned)
        where S : unmanaged, IVectorLane<S>
    {
        if (HasBias) AddBias<S>(scores, columns, bias.Row(batch, head, firstQuery) + firstKey, bias.Step, Math.Min(QueryBlock, Queries - firstQuery), keys, turned);
        if (keyBias is not null)
        {
            float* added = keyBias + (nint)batch * Keys + firstKey;
            for (int key = 0; key < keys; key++)
                for (int i = key * QueryBlock; i < key * QueryBlock + columns; i += S.Width)
                    S.Store(S.Load(scores + i) + S.LoadSplat(added + key), scores + i);
        }
        if (!Settings.IsCausal) return;
        int ahead = Ahead(batch), last = Math.Min(firstQuery + QueryBlock, Queries) - 1;
        bool hidesLater = firstKey + keys > firstQuery + 1 + ahead, hidesEarlier = firstKey < Settings.FirstKey(last + ahead);
        if (!hidesLater && !hidesEarlier) return;
        float* positions = stackalloc float[QueryBlock];
        for (int i = 0; i < QueryBlock; i++) positions[i] = i;
        for (int key = 0; key < keys; key++)
        {
            var own = S.Splat(firstKey + key - ahead - firstQuery);
            float* row = scores + key * QueryBlock;
            for (int i = 0; i < columns; i += S.Width)
                S.Store(S.WhereGreater(own, S.Load(positions + i), S.Splat(float.NegativeInfinity), S.Load(row + i)), row + i);
            if (!hidesEarlier) continue;
            var lastToSee = S.Splat((float)firstKey + key - ahead - firstQuery + Settings.Window - 1);
            for (int i = 0; i < columns; i += S.Width)
                S.Store(S.WhereGreater(S.Load(positions + i), lastToSee, S.Splat(float.NegativeInfinity), S.Load(row + i)), row + i);
        }
    }

    private static void AddBias<S>(float* scores, int columns, float* rows, nint step, int queries, int keys, float* turned)
        where S : unmanaged, IVectorLane<S>
    {
        SmallTranspose.Run(rows, step, queries, keys, 1f, turned, QueryBlock);
        for (int key = 0; key < keys; key++, scores += QueryBlock, turned += QueryBlock)
            for (int i = 0; i < columns; i += S.Width) S.Store(S.Load(scores + i) + S.Load(turned + i), scores + i);
    }

    /// <summary>How much further on in the keys than in the queries the same place is.</summary>
    private int Ahead(int batch) => (Settings.CountsFromLengths ? KeysOf(batch) : Keys) - Queries;

    /// <summary>How many keys of a sequence count.</summary>
    private int KeysOf(int batch) => lengths is null ? Keys : Math.Clamp(lengths[batch], 0, Keys);

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

    public HeadRows(Tensor<float> tensor) : this(tensor.Pointer(), tensor.Strides[0], tensor.Strides[1], tensor.Strides[2])
    {
    }

    public HeadRows(float* start, nint batchStep, nint headStep, nint step)
    {
        this.start = start;
        (this.batchStep, this.headStep, Step) = (batchStep, headStep, step);
    }

    /// <summary>A tensor whose axes of length 1 repeat.</summary>
    public static HeadRows Broadcast(Tensor<float> tensor) =>
        new(tensor.Pointer(), StepOf(tensor, 0), StepOf(tensor, 1), StepOf(tensor, 2));

    /// <summary>From one row to the next.</summary>
    public nint Step { get; }

    private static nint StepOf(Tensor<float> tensor, int axis) => tensor.Shape[axis] == 1 ? 0 : tensor.Strides[axis];

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
