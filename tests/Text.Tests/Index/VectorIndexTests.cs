using Graft.Tensors;

namespace Graft.Text.Tests;

public sealed class VectorIndexTests : IDisposable
{
    private const int Width = 384;

    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(VectorMetric.Cosine)]
    [InlineData(VectorMetric.DotProduct)]
    public void The_nearest_are_those_of_brute_force_in_double(VectorMetric metric)
    {
        const int Rows = 10_000, Queries = 20, Top = 10;
        float[] vectors = Drawn("rows", Rows * Width), queries = Drawn("queries", Queries * Width);
        var index = new VectorIndex(Width, metric);
        index.Add([.. Enumerable.Range(0, Rows).Select(static row => $"row {row}")], vectors);
        string path = folder.Path("index.safetensors");
        index.Save(path);
        using var file = VectorFile.Open(path);
        var all = index.SearchAll(queries, Top);
        var fromFile = file.SearchAll(queries, Top);
        var alone = new VectorIndex(Width, metric) { Threads = 1 };
        alone.Add([.. Enumerable.Range(0, Rows).Select(static row => $"row {row}")], vectors);
        for (int query = 0; query < Queries; query++)
        {
            var expected = BruteForce(vectors, queries.AsSpan(query * Width, Width), metric, Top);
            Assert.Equal(expected, all[query]);
            Assert.Equal(expected, fromFile[query]);
            Assert.Equal(expected, index.Search(queries.AsSpan(query * Width, Width), Top));
            Assert.Equal(expected, alone.Search(queries.AsSpan(query * Width, Width), Top));
        }
    }

    [Fact]
    public void Vectors_that_are_equally_near_are_in_the_order_of_the_index()
    {
        var index = new VectorIndex(2) { Threads = 3 };
        for (int row = 0; row < 5000; row++) index.Add($"{row}", row % 100 == 50 ? [1, 1] : [0, row + 1]);
        Assert.Equal([50, 150, 250], index.Search([2, 2], 3).Select(match => match.Index));
        Assert.Equal(1, index.Search([3, 3], 1)[0].Score, 15);
    }

    [Fact]
    public void Numbers_beyond_single_precision_are_ranked_too()
    {
        var index = new VectorIndex(2, VectorMetric.DotProduct);
        index.Add("large", [3e38f, 3e38f]);
        index.Add("larger", [3.1e38f, 3e38f]);
        index.Add("opposed", [3e38f, -3.2e38f]);
        Assert.Equal(["larger", "large", "opposed"], index.Search([1e30f, 1e30f]).Select(match => match.Key));

        // and below it, from a file too
        var cosines = new VectorIndex(2);
        for (int row = 0; row < 20; row++) cosines.Add($"{row}", [1e-30f * (row + 1), 1e-30f]);
        string path = folder.Path("tiny.safetensors");
        cosines.Save(path);
        using var file = VectorFile.Open(path);
        Assert.Equal(["19", "18", "17"], cosines.Search([1, 0], 3).Select(match => match.Key));
        Assert.Equal(cosines.Search([1, 0], 3), file.Search([1, 0], 3));
    }

    [Fact]
    public void A_vector_of_zeros_is_at_right_angles_to_all()
    {
        var index = new VectorIndex(2);
        index.Add("zero", [0, 0]);
        index.Add("behind", [-1, 0]);
        Assert.Equal([("zero", 0.0), ("behind", -1.0)], index.Search([1, 0]).Select(match => (match.Key, match.Score)));
        Assert.All(index.Search([0, 0]), match => Assert.Equal(0, match.Score));
    }

    [Fact]
    public void Vectors_are_removed_and_their_keys_are_free_again()
    {
        var index = new VectorIndex(1, VectorMetric.DotProduct);
        index.Add(["a", "b", "c", "d"], [1, 2, 3, 4]);
        Assert.Equal(2, index.Remove("b", "d", "x"));
        Assert.Equal(["c", "a"], index.Search([1]).Select(match => match.Key));
        Assert.Equal((1, -1), (index.IndexOf("c"), index.IndexOf("b")));
        index.Add("b", [9]);
        Assert.Equal(["b", "c", "a"], index.Search([1]).Select(match => match.Key));
        Assert.Equal([9f], index.Vector(2).ToArray());
        Assert.Equal("b", index.Key(2));
        Assert.Equal(0, index.Remove("x"));
    }

    [Fact]
    public async Task Searches_see_whole_states_while_vectors_come_and_go()
    {
        var index = new VectorIndex(4, VectorMetric.DotProduct);
        using var stop = new CancellationTokenSource();
        var searching = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                foreach (var match in index.Search([1, 0, 0, 0], 5)) Assert.Equal(double.Parse(match.Key, System.Globalization.CultureInfo.InvariantCulture), match.Score);
        }, TestContext.Current.CancellationToken);
        for (int round = 0; round < 300; round++)
        {
            index.Add($"{round}", [round, 1, 2, 3]);
            if (round % 3 == 2) index.Remove($"{round - 1}");
        }
        await stop.CancelAsync();
        await searching;
        Assert.Equal(200, index.Count);
    }

    [Fact]
    public void An_index_is_written_and_read_with_any_keys()
    {
        var index = new VectorIndex(2, VectorMetric.DotProduct);
        index.Add(["", "two\nlines", "é😀"], [1, 2, 3, 4, 5, 6]);
        string path = folder.Path("index.safetensors");
        index.Save(path);
        var read = VectorIndex.Load(path);
        Assert.Equal(VectorMetric.DotProduct, read.Metric);
        Assert.Equal(index.Search([1, 1]), read.Search([1, 1]));
        using var file = VectorFile.Open(path);
        Assert.Equal(index.Search([1, 1]), file.Search([1, 1]));
        new VectorIndex(3).Save(path);
        Assert.Empty(VectorIndex.Load(path).Search([1, 2, 3]));
    }

    [Fact]
    public void A_table_of_another_program_has_its_rows_numbers_for_keys()
    {
        string path = folder.Path("table.safetensors");
        SafetensorsWriter.Write(path, [TensorEntry.From("embeddings", [3, 2], new float[] { 1, 0, 0, 1, 1, 1 })]);
        Assert.Equal(["1", "2", "0"], VectorIndex.Load(path).Search([0, 1]).Select(match => match.Key));
        SafetensorsWriter.Write(path, [TensorEntry.From("a", [1, 1], new float[1]), TensorEntry.From("b", [1, 1], new float[1])]);
        Assert.Contains("has 2 tables of vectors", Assert.Throws<CheckpointException>(() => VectorFile.Open(path)).Message, StringComparison.Ordinal);
        SafetensorsWriter.Write(path, [TensorEntry.From("vectors", [1, 1], new[] { float.NaN })]);
        Assert.Contains("the vector of '0' has a number that is not finite", Assert.Throws<CheckpointException>(() => VectorIndex.Load(path)).Message, StringComparison.Ordinal);
        using var file = VectorFile.Open(path);
        Assert.Throws<CheckpointException>(() => file.Search([1]));
    }

    [Theory]
    [InlineData(new long[] { 2, 1 })]
    [InlineData(new long[] { 1, 9 })]
    [InlineData(new long[] { 1 })]
    public void Keys_that_do_not_fit_are_refused(long[] ends)
    {
        string path = folder.Path("index.safetensors");
        SafetensorsWriter.Write(path,
        [
            TensorEntry.From("vectors", [2, 1], new float[2]), TensorEntry.From("keys", [3], "abc"u8.ToArray().AsMemory()), TensorEntry.From("key_ends", [ends.Length], ends),
        ]);
        Assert.Contains("damaged", Assert.Throws<CheckpointException>(() => VectorIndex.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var index = new VectorIndex(2);
        index.Add("a", [1, 2]);
        Assert.Contains("'a' is taken", Assert.Throws<ArgumentException>(() => index.Add("a", [1, 2])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => index.Add(["b", "b"], [1, 2, 3, 4]));
        Assert.Throws<ArgumentException>(() => index.Add("b", [1]));
        Assert.Contains("'b' has a number that is not finite", Assert.Throws<ArgumentException>(() => index.Add("b", [1, float.NaN])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => index.Search([1]));
        Assert.Throws<ArgumentException>(() => index.Search([1, float.PositiveInfinity]));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search([1, 2], 0));
        Assert.Equal(1, index.Count);
    }

    private static float[] Drawn(string name, int count)
    {
        var numbers = new float[count];
        new RandomStream(1, name).FillNormal(numbers, 0, 1);
        return numbers;
    }

    private static VectorMatch[] BruteForce(float[] vectors, ReadOnlySpan<float> query, VectorMetric metric, int count)
    {
        var scores = new List<VectorMatch>();
        double queryLength = 0;
        foreach (float number in query) queryLength += (double)number * number;
        for (int row = 0; row < vectors.Length / Width; row++)
        {
            double product = 0, length = 0;
            for (int at = 0; at < Width; at++)
            {
                double number = vectors[row * Width + at];
                product += number * query[at];
                length += number * number;
            }
            double score = metric == VectorMetric.DotProduct ? product : product * (1 / (Math.Sqrt(queryLength) * Math.Sqrt(length)));
            scores.Add(new VectorMatch($"row {row}", row, score));
        }
        return [.. scores.OrderByDescending(match => match.Score).ThenBy(match => match.Index).Take(count)];
    }
}
