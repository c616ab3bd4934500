using Graft.Testing;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>What a frozen encoder makes of texts is kept from epoch to epoch, and no weight shows it.</summary>
public sealed class KeptEncoderTests : TextTaskTests
{
    private static readonly string[] Words = ["good", "bad", "film", "book", "the", "is", "was", "not", "very", "ada", "bob", "london", "paris", "red", "blue"];

    [Theory]
    [InlineData(TrunkCacheMode.Memory)]
    [InlineData(TrunkCacheMode.Disk)]
    public void Texts_of_all_lengths_make_the_same_weights(TrunkCacheMode mode)
    {
        float[] expected = Train(Encoder, Texts(60), TrunkCacheMode.Off);
        Assert.Equal(expected, Train(Encoder, Texts(60), mode));
        Assert.Equal(expected, Train(Encoder, Texts(60), mode));
        Assert.Equal(mode == TrunkCacheMode.Disk ? 1 : 0, Files());
    }

    [Fact]
    public void An_encoder_that_drops_out_is_run_each_time()
    {
        string encoder = Encoder, config = Path.Combine(encoder, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"hidden_dropout_prob\": 0.0", "\"hidden_dropout_prob\": 0.1", StringComparison.Ordinal));
        Assert.Equal(Train(encoder, Texts(30), TrunkCacheMode.Off), Train(encoder, Texts(30), TrunkCacheMode.Disk));
        Assert.Equal(0, Files());
    }

    /// <summary>A published encoder without dropout, on questions of all lengths.</summary>
    [Fact]
    public void A_published_encoder_makes_the_same_weights()
    {
        string published = RealData.RequirePublished("minilm-l6"), trec = RealData.Require("text/trec");
        Directory.CreateDirectory(In("minilm"));
        foreach (string file in Directory.GetFiles(published)) File.Copy(file, Path.Combine(In("minilm"), Path.GetFileName(file)));
        string config = In("minilm/config.json");
        string text = File.ReadAllText(config);
        foreach (string key in (string[])["hidden_dropout_prob", "attention_probs_dropout_prob"])
            text = System.Text.RegularExpressions.Regex.Replace(text, $"\"{key}\": [0-9.]+", $"\"{key}\": 0.0");
        File.WriteAllText(config, text);
        string[] lines = [.. File.ReadAllLines(Directory.GetFiles(trec).Order(StringComparer.Ordinal).First(), System.Text.Encoding.Latin1).Take(48)];
        var questions = new LabelledTexts(
            "questions", ["0", "1", "2", "3", "4", "5"], [.. lines.Select(static line => new TextExample(line[2..]))], [.. lines.Select(static line => line[0] - '0')]);
        float[] expected = Train(In("minilm"), questions, TrunkCacheMode.Off);
        Assert.Equal(expected, Train(In("minilm"), questions, TrunkCacheMode.Disk));
        Assert.Equal(1, Files());
    }

    private int Files() => Directory.Exists(In("rows")) ? Directory.GetFiles(In("rows"), "*.rows", SearchOption.AllDirectories).Length : 0;

    private float[] Train(string encoder, LabelledTexts texts, TrunkCacheMode mode)
    {
        using var classifier = TextClassifier.FromPretrained(encoder);
        var options = new TextFineTuneOptions { BatchSize = 7 };
        options = options with { Recipe = options.Recipe with { Strategy = FineTuneStrategy.LinearProbe, Epochs = 3, Cache = mode, CacheFolder = In("rows") } };
        classifier.FineTune(texts, null, options);
        return [.. classifier.Model.Parameters().SelectMany(static parameter => parameter.Value.ToArray())];
    }

    private static LabelledTexts Texts(int count) => new(
        "words", ["a", "b"],
        [.. Enumerable.Range(0, count).Select(static index => new TextExample(string.Join(' ', Enumerable.Range(0, 1 + index * 7 % 40).Select(at => Words[(index * 5 + at * 3 + at * at) % Words.Length]))))],
        [.. Enumerable.Range(0, count).Select(static index => index % 2)]);
}
