using System.Text;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class WordVectorsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_published_files_are_read()
    {
        var euclidean = WordVectors.Load(RealData.Require("word-vectors/euclidean_vectors.bin"));
        Assert.Equal((2747, 10), (euclidean.Count, euclidean.Dimension));
        Assert.Equal(2747, Enumerable.Range(0, euclidean.Count).Select(euclidean.Word).Distinct().Count());
        for (int row = 0; row < euclidean.Count; row++) Assert.Equal(row, euclidean.IndexOf(euclidean.Word(row)));
        Assert.All(euclidean.Matrix.ToArray(), value => Assert.InRange(value, -100, 100));

        var glove = WordVectors.Load(RealData.Require("word-vectors/test_glove.txt"));
        Assert.Equal((76, 50), (glove.Count, glove.Dimension));
        Assert.Equal(0.418f, glove["the"][0]);
        Assert.Equal("the", glove.Word(0));

        using var binary = Checkpoint.Open(RealData.Require("word-vectors/high_precision.kv.bin"));
        using var text = Checkpoint.Open(RealData.Require("word-vectors/high_precision.kv.txt"));
        Assert.Equal(("word2vec-binary", "word2vec-text"), (binary.Format, text.Format));
        // the binary file has lost the last bits of its numbers
        foreach (var (left, right) in binary["weight"].ToSingleArray().Zip(text["weight"].ToSingleArray())) Assert.Equal(right, left, MathF.Abs(right) * 1e-3f);
        var (fromBinary, fromText) = (WordVectors.Load(binary), WordVectors.Load(text));
        Assert.Equal(Enumerable.Range(0, fromBinary.Count).Select(fromBinary.Word), Enumerable.Range(0, fromText.Count).Select(fromText.Word));
    }

    [Fact]
    public void A_checkpoint_has_one_tensor_of_all_vectors()
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("word-vectors/test_glove.txt"));
        Assert.Equal(("glove", "weight float32 [76, 50]"), (checkpoint.Format, checkpoint.Tensors.Single().ToString()));
        Assert.Equal("76", checkpoint.Metadata["vocabulary_size"]);
        Assert.Equal(WordVectors.Load(checkpoint).Matrix.ToArray(), checkpoint["weight"].ToSingleArray());
    }

    [Theory]
    [InlineData("3 2\nthe 1 2\nof -3e-1 4\nNew York 5 6\n", "word2vec-text")]
    [InlineData("3 2 \r\nthe 1 2 \r\nof -0.3 4 \r\nNew York 5 6 \r\n", "word2vec-text")]
    [InlineData("3 2\nthe 1 2\nof -0.3 4\nNew York 5 6\n\n\n", "word2vec-text")]
    [InlineData("the 1 2\nof -0.3 4\nNew York 5 6", "glove")]
    [InlineData("the 1 2\n\nof -0.3 4\nNew York 5 6\n", "glove")]
    public void Texts_are_read_whatever_ends_their_lines(string content, string format)
    {
        string path = folder.Write("words", Encoding.UTF8.GetBytes(content));
        using (var checkpoint = Checkpoint.Open(path)) Assert.Equal(format, checkpoint.Format);
        AssertThree(WordVectors.Load(path));
    }

    [Theory]
    [InlineData("", "York")]
    [InlineData("\n", "New York")]
    public void Binary_words_may_hold_spaces_where_rows_end_in_line_breaks(string end, string last)
    {
        byte[] file = [.. "3 2\n"u8, .. Row("the", end, 1, 2), .. Row("of", end, -0.3f, 4), .. Row(last, end, 5, 6)];
        AssertThree(WordVectors.Load(folder.Write("words.bin", file)), last);
        if (end.Length > 0) AssertThree(WordVectors.Load(folder.Write("words.bin", file.AsSpan(..^1))), last);
    }

    [Fact]
    public void Broken_letters_and_words_twice_are_no_mistake()
    {
        byte[] file = [.. "4 2\n"u8, 0xE2, 0x82, .. " 1 2\nzwölf 3 4\ndog 5 6\ndog 7 8\n"u8];
        var words = WordVectors.Load(folder.Write("words.txt", file));
        Assert.Equal("\uFFFD", words.Word(0));
        Assert.Equal(1, words.IndexOf("zwölf"));
        Assert.Equal([5f, 6], words["dog"].ToArray());
        Assert.Equal(-1, words.IndexOf("cat"));
        Assert.Contains("'cat'", Assert.Throws<KeyNotFoundException>(() => words["cat"].Length).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_nearest_words_are_those_of_the_smallest_angle()
    {
        var words = WordVectors.Load(folder.Write("words.txt", "east 1 0\nnortheast 2 2\nnorth 0 5\nwest -3 0\nnowhere 0 0\n"u8));
        Assert.Equal(["northeast", "north", "nowhere", "west"], words.Nearest("east").Select(near => near.Word));
        Assert.Equal([MathF.Sqrt(0.5f), 0, 0, -1], words.Nearest("east").Select(near => near.Similarity));
        Assert.Equal([new WordSimilarity("east", 1)], words.Nearest([7, 0], count: 1));
        Assert.Throws<ArgumentException>(() => words.Nearest([1, 2, 3]));
        Assert.Throws<KeyNotFoundException>(() => words.Nearest("south"));
    }

    [Theory]
    [InlineData("1000000000 300\nthe ", "do not fit")]
    [InlineData("99999999999 99999999999\nthe ", "which no file has")]
    [InlineData("3 2\nthenceforth 1 2\nof 3 4\n", "2 of 3 words")]
    [InlineData("1 2\nthe 1 2\nof 3 4\n", "more than the 1 words")]
    [InlineData("the 1 2\nof 3 4\nand 5\n", "a text file")]
    [InlineData("a 1 2\nb 1 2\nc 1 2\nd 1 2\ne 1 2\nf 1 2\ng 1 2\nh 1 2\ni 1 2\nj 1 2\nk 1\n", "line 11 of the words has no word and 2 numbers")]
    public void What_is_no_table_of_vectors_is_refused_without_memory(string content, string problem)
    {
        string path = folder.Write("words", Encoding.UTF8.GetBytes(content));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(problem, Assert.Throws<CheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_number_that_is_none_is_named_when_it_is_read()
    {
        string rows = string.Concat(Enumerable.Range(0, 12).Select(row => row == 11 ? "last 1 x\n" : $"w{row} 1 2\n"));
        using var checkpoint = Checkpoint.Open(folder.Write("words", Encoding.UTF8.GetBytes(rows)));
        Assert.Contains("'x' in the row of the word 'last' is no number", Assert.Throws<CheckpointException>(() => checkpoint["weight"].ToSingleArray()).Message, StringComparison.Ordinal);
        Assert.Contains("not a file of word vectors", Assert.Throws<CheckpointException>(() => WordVectors.Load(GoldenFiles.At("numpy/matrix.npy"))).Message, StringComparison.Ordinal);
    }

    private static byte[] Row(string word, string end, float first, float second) =>
        [.. Encoding.UTF8.GetBytes(word), (byte)' ', .. BitConverter.GetBytes(first), .. BitConverter.GetBytes(second), .. Encoding.UTF8.GetBytes(end)];

    private static void AssertThree(WordVectors words, string last = "New York")
    {
        Assert.Equal((3, 2), (words.Count, words.Dimension));
        Assert.Equal(["the", "of", last], Enumerable.Range(0, 3).Select(words.Word));
        Assert.Equal([1, 2, -0.3f, 4, 5, 6], words.Matrix.ToArray());
        Assert.Equal(2, words.IndexOf(last));
    }
}
