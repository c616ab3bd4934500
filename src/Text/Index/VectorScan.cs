using System.Numerics.Tensors;

namespace Graft.Text;

/// <summary>Compares queries with rows, exactly: single precision sorts out what cannot be among the best, double precision ranks the rest.</summary>
internal sealed class VectorScan
{
    // as many rows as stay in a core's cache while all queries go over them
    private const int CachedNumbers = 1 << 16;

    // below it squares vanish in single precision
    private const float LeastRough = 1e-15f;

    private readonly ReadOnlyMemory<float> queries;
    private readonly double[] queryLengths;
    private readonly int dimension;
    private readonly VectorMetric metric;
    private readonly int count;
    private readonly double slack;

    /// <param name="queries">[Q, D].</param>
    /// <param name="dimension">D.</param>
    /// <param name="metric">What makes vectors near.</param>
    /// <param name="count">How many rows are wanted of each query.</param>
    public VectorScan(ReadOnlyMemory<float> queries, int dimension, VectorMetric metric, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (queries.Length == 0 || queries.Length % dimension != 0) throw new ArgumentException($"{queries.Length} numbers are no queries of {dimension} each");
        (this.queries, this.dimension, this.metric, this.count) = (queries, dimension, metric, count);
        Queries = queries.Length / dimension;
        queryLengths = new double[Queries];
        for (int query = 0; query < Queries; query++)
        {
            queryLengths[query] = Length(Query(query));
            if (!double.IsFinite(queryLengths[query])) throw new ArgumentException($"query {query} has a number that is not finite");
        }
        // the most that a sum of D products is off in single precision, in whatever order, relative to both lengths; as much again for rough lengths
        slack = 2.2 * dimension / (1 << 24);
    }

    /// <summary>Q.</summary>
    public int Queries { get; }

    public static double Length(ReadOnlySpan<float> vector) => Math.Sqrt(Dot(vector, vector));

    /// <summary>The length of a vector in single precision, which is quick; exactly where that cannot say it.</summary>
    public static double RoughLength(ReadOnlySpan<float> vector) =>
        TensorPrimitives.Norm(vector) is var length && length is > LeastRough and < float.PositiveInfinity ? length : Length(vector);

    public NearestRows[] Start()
    {
        var best = new NearestRows[Queries];
        for (int query = 0; query < best.Length; query++) best[query] = new NearestRows(count);
        return best;
    }

    /// <summary>Offers rows to what was found so far.</summary>
    /// <param name="rows">[N, D].</param>
    /// <param name="lengths">The length of each row.</param>
    /// <param name="areExact">Whether the lengths are those of <see cref="Length"/>, or of <see cref="RoughLength"/>.</param>
    /// <param name="first">The number of the first row.</param>
    /// <param name="best">What was found so far of each query.</param>
    public void Offer(ReadOnlySpan<float> rows, ReadOnlySpan<double> lengths, bool areExact, int first, NearestRows[] best)
    {
        int step = Math.Max(1, CachedNumbers / dimension);
        for (int start = 0; start < lengths.Length; start += step)
        {
            int end = Math.Min(lengths.Length, start + step);
            for (int query = 0; query < Queries; query++)
            {
                var vector = Query(query);
                for (int row = start; row < end; row++)
                {
                    var other = rows.Slice(row * dimension, dimension);
                    if (MayBeAmong(best[query], vector, other, queryLengths[query] * lengths[row]))
                        best[query].Offer(Score(vector, other, queryLengths[query] * (areExact ? lengths[row] : Length(other))), first + row);
                }
            }
        }
    }

    /// <summary>What all parts of the rows have found, together.</summary>
    public (double Score, int Row)[][] Merge(IReadOnlyList<NearestRows[]> parts)
    {
        var merged = Start();
        foreach (var part in parts)
            for (int query = 0; query < Queries; query++)
                foreach (var (score, row) in part[query].Rows) merged[query].Offer(score, row);
        return Array.ConvertAll(merged, static rows => rows.Rows.ToArray());
    }

    private bool MayBeAmong(NearestRows best, ReadOnlySpan<float> query, ReadOnlySpan<float> row, double lengths)
    {
        double scale = Scale(lengths), score = TensorPrimitives.Dot(query, row) * scale;
        // also where the sum is beyond single precision
        return score + slack * lengths * scale >= best.Worst || !double.IsFinite(score);
    }

    private double Score(ReadOnlySpan<float> query, ReadOnlySpan<float> row, double lengths) => Dot(query, row) * Scale(lengths);

    private double Scale(double lengths) => metric == VectorMetric.DotProduct ? 1 : lengths > 0 ? 1 / lengths : 0;

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (int at = 0; at < left.Length; at++) sum += (double)left[at] * right[at];
        return sum;
    }

    private ReadOnlySpan<float> Query(int query) => queries.Span.Slice(query * dimension, dimension);
}
