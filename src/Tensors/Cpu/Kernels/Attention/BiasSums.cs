namespace Graft.Tensors;

// Letters: B sequences, H heads, G heads of keys, T queries, S keys.
/// <summary>Where the gradient of a bias gathers: a bias that sequences or heads share is summed along the way, in an order that
/// follows from the shape alone. A chunk of sequences is worked on by one thread for each head of keys.</summary>
internal readonly unsafe struct BiasSums
{
    /// <summary>How many pieces of work there are where sequences share a bias: enough for a machine's threads, and few enough that
    /// their sums apart take little memory.</summary>
    private const int Pieces = 32;

    private readonly int slots;
    private readonly int rows;
    private readonly int keys;
    private readonly bool areOfKeyHeads;

    public BiasSums(in AttentionProblem problem, Tensor<float>? dbias)
    {
        bool isShared = dbias is not null && dbias.Shape[0] == 1;
        int chunks = isShared ? Math.Clamp((Pieces + problem.KeyHeads - 1) / Math.Max(1, problem.KeyHeads), 1, Math.Max(1, problem.Batch)) : problem.Batch;
        Sequences = Math.Max(1, (problem.Batch + chunks - 1) / Math.Max(1, chunks));
        Chunks = Ceiling.Divide(problem.Batch, Sequences);
        areOfKeyHeads = dbias is not null && dbias.Shape[1] == 1;
        slots = areOfKeyHeads ? problem.KeyHeads : problem.Heads;
        rows = dbias is null ? 0 : dbias.Shape[2];
        keys = problem.Keys;
    }

    /// <summary>Into how many chunks the sequences fall.</summary>
    public int Chunks { get; }

    /// <summary>Sequences of a chunk; the last may have fewer.</summary>
    public int Sequences { get; }

    /// <summary>[chunks, heads, T or 1, S].</summary>
    public Shape Shape => [Chunks, slots, rows, keys];

    /// <summary>Whether nothing is left to sum, so that the gradient itself is where it gathers.</summary>
    public bool AreOf(Tensor<float> dbias) => dbias.Shape == Shape;

    /// <summary>Where the row of a query begins.</summary>
    public nint Row(int chunk, int keyHead, int head, int query) =>
        (((nint)chunk * slots + (areOfKeyHeads ? keyHead : head)) * rows + (rows == 1 ? 0 : query)) * keys;

    /// <summary>Adds the gradients of scores [keys, 64] of a block to the rows of its queries.</summary>
    public void Add(float* scores, float* to, int someKeys, int queries)
    {
        nint step = rows == 1 ? 0 : keys;
        for (int query = 0; query < queries; query++, to += step)
            for (int key = 0; key < someKeys; key++) to[key] += scores[key * AttentionProblem.QueryBlock + query];
    }
}
