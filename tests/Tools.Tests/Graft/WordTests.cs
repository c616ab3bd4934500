using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>Word vectors on the command line: learnt, asked for neighbours, and under a classifier; encoders that begin from nothing.</summary>
public sealed class WordTests : IDisposable
{
    private static readonly string[][] Groups = [["cat", "dog", "cow"], ["eats", "likes", "sees"], ["grass", "bread", "fish"], ["today", "now", "again"]];

    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("skip-gram", "vectors.txt")]
    [InlineData("cbow", "vectors.bin")]
    [InlineData("glove", "vectors.vec")]
    public void Vectors_are_learnt_from_a_file_and_asked_for_neighbours(string method, string name)
    {
        string data = Sentences(), vectors = In(name);
        var learnt = GraftLine.Run(
            "word-vectors", "--data", data, "--text-column", "said", "--out", vectors, "--method", method, "--dimensions", "12", "--window", "3", "--epochs", "40", "--json").AssertDone();
        Assert.Equal((13, 12, 40), (learnt.GetProperty("words").GetInt32(), learnt.GetProperty("dimensions").GetInt32(), learnt.GetProperty("epochs").GetInt32()));
        Assert.True(learnt.GetProperty("pairs").GetInt64() > 100);
        if (method == "glove") Assert.True(learnt.GetProperty("loss").GetDouble() > 0);
        else
        {
            var found = GraftLine.Run("neighbours", "Cat", "--vectors", vectors, "--top", "2", "--json").AssertDone().GetProperty("neighbours");
            Assert.Equal(["cow", "dog"], found.EnumerateArray().Select(near => near.GetProperty("text").GetString()).Order());
        }
        var answer = GraftLine.Run("neighbours", "--vectors", vectors, "--analogy", "cat dog cow", "--top", "3", "--json").AssertDone();
        Assert.Equal("cat dog cow", answer.GetProperty("text").GetString());
        Assert.DoesNotContain(answer.GetProperty("neighbours").EnumerateArray(), near => near.GetProperty("text").GetString() is "cat" or "dog" or "cow");
        var both = GraftLine.Run("neighbours", "cat", "fish", "--vectors", vectors, "--top", "1");
        Assert.Equal(4, both.Output.Count(letter => letter == '\n'));
    }

    [Fact]
    public void What_is_wrong_with_words_is_one_line()
    {
        string vectors = In("vectors.txt"), empty = In("empty.txt"), other = In("other.txt"), data = Sentences();
        File.WriteAllLines(vectors, ["king 1 2", "queen 2 1", "kings 1 1"]);
        File.WriteAllText(empty, "");
        File.WriteAllText(other, "these are words and no vectors\nof any kind\n");
        GraftLine.Run("neighbours", "kingg", "--vectors", vectors).AssertFailed(2, "'kingg' is not among the 3 words of", "king, kings");
        GraftLine.Run("neighbours", "king", "--vectors", empty).AssertFailed(2, "empty.txt");
        GraftLine.Run("neighbours", "king", "--vectors", other).AssertFailed(2, "other.txt");
        GraftLine.Run("neighbours", "king", "--vectors", In("nowhere.txt")).AssertFailed(2, "nowhere.txt");
        GraftLine.Run("neighbours", "--vectors", vectors).AssertFailed(2, "there is no word");
        GraftLine.Run("neighbours", "--vectors", vectors, "--analogy", "king queen").AssertFailed(2, "three words");
        GraftLine.Run("neighbours", "king", "--vectors", vectors, "--index", "x").AssertFailed(2, "--index is for texts");
        GraftLine.Run("neighbours", "king", "--analogy", "a b c").AssertFailed(2, "--vectors");
        GraftLine.Run("neighbours", "king").AssertFailed(2, "--index");
        string[] start = ["word-vectors", "--data", data];
        GraftLine.Run([.. start, "--out", In("x.npz")]).AssertFailed(2, ".bin, .vec, .txt or .safetensors");
        GraftLine.Run([.. start, "--out", Path.Combine(empty, "x.txt")]).AssertFailed(2, "cannot be written");
        GraftLine.Run([.. start, "--out", In("x.txt")]).AssertFailed(2, "there is no column 'text'");
        GraftLine.Run([.. start, "--out", In("x.txt"), "--text-column", "said", "--minimum-count", "100000"]).AssertFailed(2, "none of 13 words occurs 100000 times");
        GraftLine.Run("word-vectors", "--data", empty, "--out", In("x.txt")).AssertFailed(2, "empty.txt");
        GraftLine.Run("word-vectors", "--data", In("nowhere.txt"), "--out", In("x.txt")).AssertFailed(2, "no such file");
        Assert.False(File.Exists(In("x.txt")));
    }

    [Theory]
    [InlineData("bag")]
    [InlineData("cnn")]
    public void A_classifier_stands_on_word_vectors(string kind)
    {
        string vectors = In("vectors.txt"), data = In("reviews.tsv"), saved = In("words");
        File.WriteAllLines(vectors, ["the 0 0.1 1", "film 0 1 0", "good 1 0 0.1", "fine 0.9 0.1 0", "bad -1 0 0.1", "awful -0.9 0 0", "superb 1 0 0"]);
        File.WriteAllLines(data, ["label\ttext", .. Enumerable.Repeat("good\tthe film is good\ngood\tthe film was fine\nbad\tthe film is bad\nbad\tthe film was awful", 6)]);
        var tuned = GraftLine.Run(
            "fine-tune", "--task", "text-classification", "--vectors", vectors, "--word-model", kind, "--data", data, "--out", saved, "--freeze-below", "trunk",
            "--learning-rate", "0.02", "--epochs", "30", "--batch-size", "8", "--json");
        var json = tuned.AssertDone();
        Assert.Equal(vectors, json.GetProperty("weights").GetString());
        Assert.Equal(0.75, json.GetProperty("coverage").GetDouble());
        Assert.Contains("6 of 8 words (75.0 %) have a vector; 75.0 % of the text; without one: is, was", tuned.Error, StringComparison.Ordinal);
        Assert.Equal(1, GraftLine.Run("evaluate", "--model", saved, "--data", data, "--json").AssertDone().GetProperty("accuracy").GetDouble());
        string lines = In("lines.txt");
        File.WriteAllText(lines, "superb film\n");
        Assert.StartsWith("superb film: good", GraftLine.Run("predict", lines, "--model", saved).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Word_vectors_stand_instead_of_a_model()
    {
        string data = Sentences();
        string[] start = ["fine-tune", "--data", data, "--out", In("out")];
        GraftLine.Run([.. start, "--task", "text-classification"]).AssertFailed(2, "--model is required");
        GraftLine.Run([.. start, "--vectors", "x"]).AssertFailed(2, "--vectors goes with --task text-classification");
        GraftLine.Run([.. start, "--task", "question-answering", "--vectors", "x"]).AssertFailed(2, "--vectors goes with --task text-classification, not with question-answering");
        GraftLine.Run([.. start, "--task", "text-classification", "--vectors", "x", "--model", "y"]).AssertFailed(2, "--vectors and --model contradict each other");
        GraftLine.Run([.. start, "--task", "text-classification", "--vectors", "x", "--from-scratch"]).AssertFailed(2, "--vectors and --from-scratch");
        GraftLine.Run([.. start, "--task", "text-classification", "--model", "y", "--word-model", "cnn"]).AssertFailed(2, "--word-model stands on word vectors");
        GraftLine.Run([.. start, "--task", "text-classification", "--vectors", In("x.txt"), "--text-column", "said", "--label-column", "kind"]).AssertFailed(2, "x.txt");
    }

    [Fact]
    public void An_encoder_is_pretrained_from_a_config_and_a_vocabulary_alone()
    {
        string lines = In("lines.txt");
        File.WriteAllLines(lines, Enumerable.Range(0, 24).Select(static i => i % 2 == 0 ? "ada lives in london . the cat is red ." : "bob works in paris . the dog is blue ."));
        string[] quick = ["--epochs", "3", "--batch-size", "8", "--learning-rate", "0.005", "--held-out", "0.25", "--json"];
        string bert = TinyEncoder.Write(In("bert"), withWeights: false), electra = TinyEncoder.Write(In("electra"), "electra", withWeights: false);
        string[] start = ["fine-tune", "--data", lines];
        GraftLine.Run([.. start, "--task", "masked-language-model", "--model", bert, "--out", In("none"), .. quick]).AssertFailed(2, "bert");
        var learnt = GraftLine.Run([.. start, "--task", "masked-language-model", "--model", bert, "--from-scratch", "--out", In("language"), .. quick]).AssertDone();
        Assert.Equal(System.Text.Json.JsonValueKind.Null, learnt.GetProperty("weights").ValueKind);
        Assert.True(GraftLine.Run("evaluate", "--model", In("language"), "--data", lines, "--json").AssertDone().GetProperty("perplexity").GetDouble() > 1);

        var told = GraftLine.Run([.. start, "--task", "replaced-token-detection", "--model", electra, "--from-scratch", "--out", In("detector"), .. quick]).AssertDone();
        Assert.True(told.GetProperty("validation").GetProperty("generator_loss").GetDouble() > 0);
        var evaluated = GraftLine.Run("evaluate", "--model", In("detector"), "--data", lines, "--json").AssertDone();
        Assert.InRange(evaluated.GetProperty("f1").GetDouble(), 0, 1);
        Assert.Equal(evaluated.GetProperty("correct").GetInt32(), Math.Round(evaluated.GetProperty("accuracy").GetDouble() * evaluated.GetProperty("examples").GetInt32()));
        GraftLine.Run([.. start, "--task", "replaced-token-detection", "--model", In("detector"), "--out", In("on"), .. quick]).AssertDone();
        GraftLine.Run("evaluate", "--model", In("detector/generator"), "--data", lines, "--json").AssertDone();
        GraftLine.Run([.. start, "--task", "replaced-token-detection", "--model", bert, "--from-scratch", "--out", In("none"), .. quick]).AssertFailed(2, "only electra");
        Assert.False(Directory.Exists(In("none")));
    }

    [Fact]
    public void A_vocabulary_of_ones_own_and_a_config_begin_an_encoder_from_nothing()
    {
        string data = Sentences(), made = In("mine");
        File.WriteAllLines(data, File.ReadAllLines(data)[..200]);
        string[] start = ["vocabulary", "--data", data, "--text-column", "said"];
        var learnt = GraftLine.Run([.. start, "--out", made, "--size", "60", "--architecture", "electra", "--json"]).AssertDone();
        Assert.Equal((60, true), (learnt.GetProperty("tokens").GetInt32(), learnt.GetProperty("config").GetBoolean()));
        Assert.True(File.ReadAllLines(Path.Combine(made, "vocab.txt")).Contains("cat"));
        GraftLine.Run([.. start, "--out", made, "--size", "61"]).AssertFailed(2, "vocab_size of 60");
        Assert.False(GraftLine.Run([.. start, "--out", made, "--size", "50", "--json"]).AssertDone().GetProperty("config").GetBoolean());
        File.WriteAllText(Path.Combine(made, "config.json"), File.ReadAllText(Path.Combine(made, "config.json")).Replace("256", "16", StringComparison.Ordinal).Replace("1024", "32", StringComparison.Ordinal));
        string[] quick = ["--model", made, "--data", data, "--text-column", "said", "--from-scratch", "--epochs", "1", "--max-length", "32", "--batch-size", "64", "--json"];
        GraftLine.Run(["fine-tune", "--task", "replaced-token-detection", "--out", In("detector"), .. quick]).AssertDone();
        GraftLine.Run(["fine-tune", "--task", "masked-language-model", "--out", In("language"), .. quick]).AssertDone();
        GraftLine.Run([.. start, "--out", In("detector"), "--size", "50"]).AssertFailed(2, "holds the weights of a model");
        GraftLine.Run([.. start, "--out", In("few"), "--size", "8"]).AssertFailed(2, "sentences.csv", "letters are more than");
        GraftLine.Run([.. start, "--out", data]).AssertFailed(2, "is a file");
    }

    [Theory]
    [InlineData("bpe", "marian")]
    [InlineData("metaspace", null)]
    public void A_vocabulary_of_joined_pieces_begins_a_model_that_writes(string kind, string? architecture)
    {
        string made = In("joined");
        string[] line = ["vocabulary", "--data", Sentences(), "--text-column", "said", "--out", made, "--size", "320", "--kind", kind, "--json"];
        int tokens = GraftLine.Run(architecture is null ? line : [.. line, "--architecture", architecture]).AssertDone().GetProperty("tokens").GetInt32();
        var tokeniser = Graft.Text.Tokeniser.Open(made);
        Assert.Equal(tokens, tokeniser.VocabularySize);
        Assert.Equal("the cat", tokeniser.Decode(tokeniser.Encode("the cat").Ids, skipSpecialTokens: true).Trim());
        Assert.Equal(tokens, Graft.Models.PretrainedModel.Create(Graft.Models.JsonFile.Read(Path.Combine(made, "config.json"))).Sizes.Vocabulary);
        GraftLine.Run([.. line, "--architecture", "bert"]).AssertFailed(2, $"--architecture bert does not go with --kind {kind}: take bart or marian or gpt2");
    }

    private string Sentences()
    {
        string path = In("sentences.csv");
        var random = new Random(7);
        File.WriteAllLines(path, ["said,kind", .. Enumerable.Range(0, 2000).Select(_ => $"{string.Join(' ', Groups.Select(group => group[random.Next(group.Length)]))}.,x")]);
        return path;
    }

    private string In(string name) => Path.Combine(folder, name);
}
