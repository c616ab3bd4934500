namespace Graft.Text;

/// <summary>Vectors with keys, kept in memory, of which the nearest to others are found exactly.</summary>
/// <remarks>Any number of threads may search while others add and remove: a search is of the vectors at its beginning. Vectors that are equally near are
/// in the order of the index.</remarks>
public sealed class VectorIndex
{
    private const int RowsWorthAThread = 2048;

    private readonly Lock changing = new();
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private volatile State state = new([], [], [], 0);

    /// <summary>Makes an empty index.</summary>
    /// <param name="dimension">D, the length of each vector.</param>
    /// <param name="metric">What makes vectors near.</param>
    public VectorIndex(int dimension, VectorMetric metric = VectorMetric.Cosine)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        (Dimension, Metric) = (dimension, metric);
    }

    /// <summary>D.</summary>
    public int Dimension { get; }

    /// <summary>What makes vectors near.</summary>
    public VectorMetric Metric { get; }

    /// <summary>How many vectors there are.</summary>
    public int Count => state.Count;

    /// <summary>On how many threads a search runs at most; all processors' where it is not set.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Reads an index that <see cref="Save"/> wrote, or any file with one table of vectors [N, D], whose keys are then 0, 1, 2 ...</summary>
    /// <param name="path">The file: safetensors, <c>.npz</c>, word vectors.</param>
    /// <exception cref="CheckpointException">It is missing, damaged or holds something else.</exception>
    public static VectorIndex Load(string path)
    {
        using var file = VectorFile.Open(path);
        return new VectorIndex(file.Dimension, file.Metric).With(file);
    }

    /// <summary>The key of a vector.</summary>
    /// <param name="index">From 0.</param>
    public string Key(int index)
    {
        var now = state;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)now.Count, nameof(index));
        return now.Keys[index];
    }

    /// <summary>A vector [D].</summary>
    /// <param name="index">From 0.</param>
    public ReadOnlyMemory<float> Vector(int index)
    {
        var now = state;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)now.Count, nameof(index));
        return now.Vectors.AsMemory(index * Dimension, Dimension);
    }

    /// <summary>The place of a key; -1 where there is none of it.</summary>
    /// <param name="key">The key.</param>
    public int IndexOf(string key)
    {
        lock (changing) return places.GetValueOrDefault(key, -1);
    }

    /// <summary>Adds a vector behind the others.</summary>
    /// <param name="key">What it is found under.</param>
    /// <param name="vector">[D] finite numbers.</param>
    /// <exception cref="ArgumentException">The key is taken, or the vector has another length or a number that is not finite.</exception>
    public void Add(string key, ReadOnlySpan<float> vector) => Add([key], vector);

    /// <summary>Adds vectors behind the others: all or, where one cannot be added, none.</summary>
    /// <param name="keys">N keys.</param>
    /// <param name="vectors">[N, D] finite numbers.</param>
    /// <exception cref="ArgumentException">A key is taken, or the vectors are not as many or have a number that is not finite.</exception>
    public void Add(IReadOnlyList<string> keys, ReadOnlySpan<float> vectors)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (vectors.Length != (long)keys.Count * Dimension) throw new ArgumentException($"{vectors.Length} numbers are not {keys.Count} vectors of {Dimension}");
        var lengths = new double[keys.Count];
        for (int row = 0; row < keys.Count; row++)
        {
            lengths[row] = VectorScan.Length(vectors.Slice(row * Dimension, Dimension));
            if (!double.IsFinite(lengths[row])) throw new ArgumentException($"the vector of '{Printable.Text(keys[row])}' has a number that is not finite");
        }
        lock (changing)
        {
            var fresh = new HashSet<string>(StringComparer.Ordinal);
            foreach (string key in keys)
                if (places.ContainsKey(key) || !fresh.Add(key)) throw new ArgumentException($"the key '{Printable.Text(key)}' is taken: remove it first, or choose another");
            var next = state.Grown(keys.Count, Dimension);
            vectors.CopyTo(next.Vectors.AsSpan(state.Count * Dimension));
            lengths.CopyTo(next.Lengths, state.Count);
            for (int row = 0; row < keys.Count; row++)
            {
                next.Keys[state.Count + row] = keys[row];
                places.Add(keys[row], state.Count + row);
            }
            state = next;
        }
    }

    /// <summary>Removes vectors; those behind them move up. All that are to go are best removed at once.</summary>
    /// <param name="keys">Their keys; those that are not there are passed over.</param>
    /// <returns>How many were removed.</returns>
    public int Remove(params IReadOnlyCollection<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        lock (changing)
        {
            var gone = keys.Where(places.ContainsKey).ToHashSet(StringComparer.Ordinal);
            if (gone.Count == 0) return 0;
            var now = state;
            var next = new State([], [], [], 0).Grown(now.Count - gone.Count, Dimension);
            places.Clear();
            for (int from = 0, to = 0; from < now.Count; from++)
            {
                if (gone.Contains(now.Keys[from])) continue;
                now.Vectors.AsSpan(from * Dimension, Dimension).CopyTo(next.Vectors.AsSpan(to * Dimension));
                (next.Keys[to], next.Lengths[to]) = (now.Keys[from], now.Lengths[from]);
                places.Add(now.Keys[from], to++);
            }
            state = next;
            return gone.Count;
        }
    }

    /// <summary>The vectors nearest to another, nearest first.</summary>
    /// <param name="query">[D] finite numbers.</param>
    /// <param name="count">How many at most.</param>
    /// <exception cref="ArgumentException">The query has another length, or a number that is not finite.</exception>
    public IReadOnlyList<VectorMatch> Search(ReadOnlySpan<float> query, int count = 10)
    {
        if (query.Length != Dimension) throw new ArgumentException($"{query.Length} numbers are no query of {Dimension}", nameof(query));
        return SearchAll(query.ToArray(), count)[0];
    }

    /// <summary>The vectors nearest to each of a number of others, nearest first.</summary>
    /// <param name="queries">[Q, D] finite numbers.</param>
    /// <param name="count">How many at most of each.</param>
    /// <exception cref="ArgumentException">The numbers are no queries, or one is not finite.</exception>
    public IReadOnlyList<IReadOnlyList<VectorMatch>> SearchAll(ReadOnlyMemory<float> queries, int count = 10)
    {
        var scan = new VectorScan(queries, Dimension, Metric, count);
        var now = state;
        long work = (long)now.Count * scan.Queries;
        int parts = (int)Math.Clamp(work / RowsWorthAThread, 1, Math.Clamp(Threads, 1, Math.Max(1, now.Count)));
        var found = new NearestRows[parts][];
        if (parts == 1) found[0] = Part(scan, now, 0, now.Count);
        else Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Threads) }, part =>
            found[part] = Part(scan, now, (int)((long)now.Count * part / parts), (int)((long)now.Count * (part + 1) / parts)));
        return Array.ConvertAll(scan.Merge(found), rows => Array.ConvertAll(rows, row => new VectorMatch(now.Keys[row.Row], row.Row, row.Score)));
    }

    /// <summary>Writes the index as safetensors: <c>vectors</c> [N, D], <c>keys</c> (their bytes) and <c>key_ends</c> [N]; for <see cref="Load"/> and
    /// <see cref="VectorFile"/>.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var now = state;
        VectorFile.Write(path, Dimension, Metric, now.Vectors.AsMemory(0, now.Count * Dimension), now.Keys.AsSpan(0, now.Count));
    }

    private NearestRows[] Part(VectorScan scan, State now, int start, int end)
    {
        var best = scan.Start();
        scan.Offer(now.Vectors.AsSpan(start * Dimension, (end - start) * Dimension), now.Lengths.AsSpan(start, end - start), areExact: true, start, best);
        return best;
    }

    private VectorIndex With(VectorFile file)
    {
        string[] keys = [.. Enumerable.Range(0, file.Count).Select(file.Key)];
        try
        {
            Add(keys, file.ReadAll());
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException(file.Path, exception.Message, exception);
        }
        return this;
    }

    /// <summary>What a search sees: the first rows of arrays that may have room for more.</summary>
    private sealed class State(float[] vectors, double[] lengths, string[] keys, int count)
    {
        public float[] Vectors => vectors;

        public double[] Lengths => lengths;

        public string[] Keys => keys;

        public int Count => count;

        /// <summary>The same rows with more behind them, which nobody sees before they are written.</summary>
        public State Grown(int more, int dimension)
        {
            long rows = (long)count + more;
            if (rows * dimension > Array.MaxLength) throw new ArgumentException($"{rows} vectors of {dimension} numbers are more than an array holds");
            if (rows <= keys.Length) return new State(vectors, lengths, keys, (int)rows);
            int room = (int)Math.Min(Math.Max(rows, rows + rows / 2), Array.MaxLength / dimension);
            float[] widerVectors = new float[room * dimension];
            double[] widerLengths = new double[room];
            string[] widerKeys = new string[room];
            vectors.AsSpan(0, count * dimension).CopyTo(widerVectors);
            lengths.AsSpan(0, count).CopyTo(widerLengths);
            keys.AsSpan(0, count).CopyTo(widerKeys);
            return new State(widerVectors, widerLengths, widerKeys, (int)rows);
        }
    }
}
