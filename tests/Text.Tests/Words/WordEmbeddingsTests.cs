using System.Text.Json;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Text.Tests;

public sealed class WordEmbeddingsTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Neighbours_and_analogies_are_those_that_NumPy_finds()
    {
        var embeddings = WordEmbeddings.Load(RealData.Require("word-vectors/euclidean_vectors.bin"), WordCase.Exact);
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "neighbours.json")));
        foreach (var question in golden.RootElement.EnumerateArray())
        {
            var found = embeddings.Analogy(Strings(question.GetProperty("positive")), Strings(question.GetProperty("negative")), 5);
            var expected = question.GetProperty("nearest");
            Assert.Equal(expected.EnumerateArray().Select(static near => near[0].GetString()), found.Select(near => near.Word));
            foreach (var (near, index) in found.Select(static (near, index) => (near, index))) Assert.Equal(expected[index][1].GetDouble(), near.Similarity, 6);
        }
    }

    [Fact]
    public void Words_are_looked_up_by_the_rule_of_capital_letters()
    {
        var vectors = new WordVectors(["the", "Paris", "PARIS", "usa"], 2, [1, 0, 2, 0, 3, 0, 4, 0]);
        Assert.Equal([-1, -1, 1], Rows(WordCase.Exact, "The", "paris", "Paris"));
        Assert.Equal([0, -1, 3, 2], Rows(WordCase.LowerIfMissing, "The", "paris", "USA", "PARIS"));
        Assert.Equal([0, 1, 3, 2], Rows(WordCase.Any, "THE", "paris", "Usa", "PARIS"));

        IEnumerable<int> Rows(WordCase rule, params string[] words) => words.Select(new WordEmbeddings(vectors, rule).IndexOf);
    }

    [Fact]
    public void Words_that_are_spelled_alike_are_found_the_nearest_first()
    {
        var embeddings = new WordEmbeddings(new WordVectors(["queen", "king", "kings", "ring", "monarchy"], 1, [1, 2, 3, 4, 5]));
        Assert.Equal(["king", "kings"], embeddings.NearSpellings("kingg", 2));
        Assert.Equal("king", embeddings.NearSpellings("kimg")[0]);
        Assert.Empty(embeddings.NearSpellings("zoology"));
        Assert.Empty(embeddings.NearSpellings(""));
    }

    [Fact]
    public void Coverage_counts_words_and_occurrences()
    {
        var embeddings = new WordEmbeddings(new WordVectors(["a", "b"], 1, [1, 2]));
        var coverage = embeddings.Coverage(WordVocabulary.Of([["a", "a", "a", "B", "c", "c"]]));
        Assert.Equal((3, 2, 1, 6L, 4L), (coverage.Words, coverage.Found, coverage.FoundByCase, coverage.Occurrences, coverage.OccurrencesFound));
        Assert.Equal("2 of 3 words (66.7 %) have a vector, 1 of them with other capital letters; 66.7 % of the text; without one: c", coverage.ToString());
        Assert.Equal("1 of 1 words (100.0 %) have a vector", embeddings.Coverage(["a"]).ToString());
    }

    [Fact]
    public void A_table_has_the_vectors_of_a_vocabulary_and_the_unknown_are_drawn_by_their_word()
    {
        var embeddings = new WordEmbeddings(new WordVectors(["a", "b"], 3, [1, 2, 3, 4, 5, 6]));
        float[] table = embeddings.Align(["x", "b", "A"], UnknownWords.Random, seed: 5);
        Assert.Equal([4f, 5, 6, 1, 2, 3], table[3..]);
        Assert.Equal(table[..3], embeddings.Align(["y", "x"], UnknownWords.Random, seed: 5)[3..]);
        Assert.NotEqual(table[..3], embeddings.Align(["x"], UnknownWords.Random, seed: 6));
        float bound = MathF.Sqrt(3 * 35f / 12);
        Assert.All(table[..3], number => Assert.InRange(number, -bound, bound));
        Assert.Equal([0f, 0, 0], embeddings.Align(["x"], UnknownWords.Zero));
    }

    [Fact]
    public void A_layer_has_the_table_frozen_or_not_and_a_row_of_zeros_for_padding()
    {
        var embeddings = new WordEmbeddings(new WordVectors(["a", "b"], 2, [1, 2, 3, 4]));
        var layer = embeddings.ToEmbedding(["a", "b", "x"], isFrozen: true, UnknownWords.Zero, paddingIndex: 0);
        Assert.True(layer.Weight.IsFrozen);
        var numbers = new float[6];
        layer.Weight.Value.CopyTo(numbers);
        Assert.Equal([0f, 0, 3, 4, 0, 0], numbers);
        Assert.False(embeddings.ToEmbedding(["a"]).Weight.IsFrozen);
        Assert.Equal(new Shape([3, 2]), layer.Weight.Shape);
    }

    [Theory]
    [InlineData("words.bin", "word2vec-binary")]
    [InlineData("words.vec", "word2vec-text")]
    [InlineData("words.txt", "glove")]
    [InlineData("words.safetensors", "safetensors")]
    public void What_is_written_is_read_to_the_bit(string name, string format)
    {
        var drawn = new float[300];
        new RandomStream(1, "numbers").FillNormal(drawn, 0, 1);
        drawn[7] = 1e-38f;
        string[] words = [.. Enumerable.Range(0, 100).Select(static index => $"wörd{index}")];
        string path = folder.Path(name);
        WordVectorWriter.Write(path, new WordVectors(words, 3, drawn));
        using (var checkpoint = Checkpoint.Open(path)) Assert.Equal(format, checkpoint.Format);
        var read = WordVectors.Load(path);
        Assert.Equal(words, Enumerable.Range(0, read.Count).Select(read.Word));
        Assert.Equal(drawn, read.Matrix.ToArray());
        Assert.Equal(42, read.IndexOf("wörd42"));
    }

    [Fact]
    public void Words_that_cannot_stand_in_a_file_are_refused()
    {
        var vectors = new WordVectors(["New York"], 1, [1]);
        Assert.Contains("'New York' of row 0", Assert.Throws<ArgumentException>(() => WordVectorWriter.Write(folder.Path("a.bin"), vectors)).Message, StringComparison.Ordinal);
        WordVectorWriter.Write(folder.Path("a.safetensors"), vectors);
        Assert.Equal("New York", WordVectors.Load(folder.Path("a.safetensors")).Word(0));
        Assert.Throws<ArgumentException>(() => WordVectorWriter.Write(folder.Path("a.doc"), vectors));
        Assert.Throws<ArgumentException>(() => new WordVectors(["a"], 2, [1]));
        SafetensorsWriter.Write(folder.Path("b.safetensors"), [TensorEntry.From("weight", [2, 1], new float[2]), TensorEntry.From("words", [2], "a\n"u8.ToArray().AsMemory())]);
        Assert.Contains("1 words for the 2 vectors", Assert.Throws<CheckpointException>(() => WordVectors.Load(folder.Path("b.safetensors"))).Message, StringComparison.Ordinal);
    }

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(static text => text.GetString()!)];
}
