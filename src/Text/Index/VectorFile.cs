using System.Globalization;
using System.Text;

namespace Graft.Text;

/// <summary>An index in a file: its vectors are read anew for each search and never stand in memory together; its keys do.</summary>
/// <remarks>Any number of threads may search at once.</remarks>
public sealed class VectorFile : IDisposable
{
    private const string VectorsName = "vectors", KeysName = "keys", EndsName = "key_ends", MetricName = "metric";
    private const string Cosine = "cosine", DotProduct = "dot_product";

    private readonly Checkpoint checkpoint;
    private readonly StoredTensor vectors;
    private readonly byte[]? keys;
    private readonly long[] ends = [];

    private VectorFile(Checkpoint checkpoint)
    {
        this.checkpoint = checkpoint;
        vectors = Table(checkpoint);
        (Count, Dimension) = (vectors.Shape[0], vectors.Shape[1]);
        if (Dimension == 0) throw new CheckpointException(Path, $"its vectors {vectors} have no numbers");
        Metric = checkpoint.Metadata.GetValueOrDefault(MetricName, Cosine) switch
        {
            Cosine => VectorMetric.Cosine,
            DotProduct => VectorMetric.DotProduct,
            var other => throw new CheckpointException(Path, $"its metric '{Printable.Text(other)}' is none of {Cosine} and {DotProduct}"),
        };
        if (!checkpoint.TryGet(KeysName, out var letters)) return;
        if (!checkpoint.TryGet(EndsName, out var places) || letters.ElementType != ElementType.UInt8 || letters.ByteCount > Array.MaxLength || places.ElementCount != Count)
            throw new CheckpointException(Path, $"damaged: {letters} are no keys of {Count} vectors");
        keys = new byte[letters.ByteCount];
        letters.CopyBytesTo(keys);
        ends = places.ToInt64Array();
        long last = 0;
        foreach (long end in ends)
        {
            if (end < last || end > keys.Length) throw new CheckpointException(Path, $"damaged: a key of {EndsName} ends at {end}, beyond the {keys.Length} bytes or before the last");
            last = end;
        }
    }

    /// <summary>The file.</summary>
    public string Path => checkpoint.Path;

    /// <summary>N, how many vectors there are.</summary>
    public int Count { get; }

    /// <summary>D, the length of each.</summary>
    public int Dimension { get; }

    /// <summary>What makes vectors near.</summary>
    public VectorMetric Metric { get; }

    /// <summary>Opens an index that <see cref="VectorIndex.Save"/> wrote, or any file with one table of vectors [N, D], whose keys are then 0, 1, 2 ...</summary>
    /// <param name="path">The file: safetensors, <c>.npz</c>, word vectors.</param>
    /// <exception cref="CheckpointException">It is missing, damaged or holds something else.</exception>
    public static VectorFile Open(string path)
    {
        var checkpoint = Checkpoint.Open(path);
        try
        {
            return new VectorFile(checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The key of a vector.</summary>
    /// <param name="index">From 0.</param>
    public string Key(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        if (keys is null) return index.ToString(CultureInfo.InvariantCulture);
        int start = index == 0 ? 0 : (int)ends[index - 1];
        return Encoding.UTF8.GetString(keys, start, (int)ends[index] - start);
    }

    /// <summary>The vectors nearest to another, nearest first.</summary>
    /// <param name="query">[D] finite numbers.</param>
    /// <param name="count">How many at most.</param>
    /// <exception cref="ArgumentException">The query has another length, or a number that is not finite.</exception>
    /// <exception cref="CheckpointException">The file cannot be read, or a vector is not finite.</exception>
    public IReadOnlyList<VectorMatch> Search(ReadOnlySpan<float> query, int count = 10)
    {
        if (query.Length != Dimension) throw new ArgumentException($"{query.Length} numbers are no query of {Dimension}", nameof(query));
        return SearchAll(query.ToArray(), count)[0];
    }

    /// <summary>The vectors nearest to each of a number of others, nearest first; the file is read once for all.</summary>
    /// <param name="queries">[Q, D] finite numbers.</param>
    /// <param name="count">How many at most of each.</param>
    /// <exception cref="ArgumentException">The numbers are no queries, or one is not finite.</exception>
    /// <exception cref="CheckpointException">The file cannot be read, or a vector is not finite.</exception>
    public IReadOnlyList<IReadOnlyList<VectorMatch>> SearchAll(ReadOnlyMemory<float> queries, int count = 10)
    {
        var scan = new VectorScan(queries, Dimension, Metric, count);
        var best = scan.Start();
        using (var rows = new RowStream(this, scan, best)) vectors.CopyBytesTo(rows);
        return Array.ConvertAll(scan.Merge([best]), rows => Array.ConvertAll(rows, row => new VectorMatch(Key(row.Row), row.Row, row.Score)));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => checkpoint.Dispose();

    internal static void Write(string path, int dimension, VectorMetric metric, ReadOnlyMemory<float> vectors, ReadOnlySpan<string> keys)
    {
        var letters = new MemoryStream();
        var ends = new long[keys.Length];
        for (int row = 0; row < keys.Length; row++)
        {
            letters.Write(Encoding.UTF8.GetBytes(keys[row]));
            ends[row] = letters.Length;
        }
        SafetensorsWriter.Write(path,
        [
            TensorEntry.From(VectorsName, [keys.Length, dimension], vectors), TensorEntry.From(KeysName, [(int)letters.Length], letters.ToArray().AsMemory()),
            TensorEntry.From(EndsName, [keys.Length], ends),
        ], new Dictionary<string, string> { [MetricName] = metric == VectorMetric.Cosine ? Cosine : DotProduct });
    }

    internal float[] ReadAll() => vectors.ToSingleArray();

    private static StoredTensor Table(Checkpoint checkpoint)
    {
        if (checkpoint.TryGet(VectorsName, out var named) && IsTable(named)) return named;
        StoredTensor[] tables = [.. checkpoint.Tensors.Where(IsTable)];
        return tables.Length == 1 ? tables[0] : throw new CheckpointException(checkpoint.Path,
            $"has {tables.Length} tables of vectors [N, D] in float32 and an index is of one; it holds {Printable.Some(checkpoint.Tensors.Select(static tensor => tensor.ToString()))}");
    }

    private static bool IsTable(StoredTensor tensor) => tensor.ElementType == ElementType.Float32 && tensor.Shape.Rank == 2;

    /// <summary>Takes the bytes of the vectors as they come and offers them block by block.</summary>
    private sealed class RowStream(VectorFile file, VectorScan scan, NearestRows[] best) : WriteOnlyStream
    {
        private readonly float[] rows = new float[Math.Max(1, (1 << 18) / file.Dimension) * file.Dimension];
        private readonly double[] lengths = new double[Math.Max(1, (1 << 18) / file.Dimension)];
        private int bytes;
        private int first;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (buffer.Length > 0)
            {
                var room = System.Runtime.InteropServices.MemoryMarshal.AsBytes(rows.AsSpan())[bytes..];
                int count = Math.Min(room.Length, buffer.Length);
                buffer[..count].CopyTo(room);
                buffer = buffer[count..];
                bytes += count;
                if (count == room.Length) Offer();
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && bytes > 0) Offer();
            base.Dispose(disposing);
        }

        private void Offer()
        {
            int count = bytes / sizeof(float) / file.Dimension;
            for (int row = 0; row < count; row++)
            {
                lengths[row] = VectorScan.RoughLength(rows.AsSpan(row * file.Dimension, file.Dimension));
                if (!double.IsFinite(lengths[row]))
                {
                    bytes = 0;
                    throw new CheckpointException(file.Path, $"damaged: the vector of '{Printable.Text(file.Key(first + row))}' has a number that is not finite");
                }
            }
            scan.Offer(rows.AsSpan(0, count * file.Dimension), lengths.AsSpan(0, count), areExact: false, first, best);
            first += count;
            bytes = 0;
        }
    }
}
