using Graft.Testing;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Decoders that learn to write, and what they write.</summary>
public sealed class TextGeneratorTests : TextTaskTests
{
    private static readonly string[] Sentences = ["ada lives in london .", "bob works in paris .", "carol lives in rome .", "the cat is red ."];

    private static string[] Lines { get; } = [.. Enumerable.Range(0, 40).Select(static i => Sentences[i % Sentences.Length])];

    private static TextFineTuneOptions Learning { get; } = new()
    {
        BatchSize = 8,
        Recipe = new TextFineTuneOptions().Recipe with { Epochs = 15, LearningRate = 0.005 },
    };

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public async Task What_was_learnt_is_written_again(string type)
    {
        using var generator = TextGenerator.FromPretrained(TinyDecoder.Write(In("start"), type));
        var report = generator.FineTune(Lines, Sentences, Learning);
        Assert.True(report.Epochs[^1].Validation!.Metrics["perplexity"] < 2.5, $"{report.Epochs[^1].Validation!.Metrics["perplexity"]}");
        Assert.Equal("lives in london .", generator.Generate("ada"));
        var together = generator.Generate(["bob works", "the cat is", "ada"]);
        Assert.Equal(["in paris .", "red .", "lives in london ."], together.Select(one => one.Text));
        Assert.All(together, one => Assert.Equal(FinishReason.EndToken, one.Finish));
        Assert.Equal("lives in", generator.Generate("ada", stopStrings: [" london"]));
        Assert.Equal("lives", generator.Generate("ada", generator.Generation with { MaximumNewTokens = 1 }));
        Assert.Equal("lives in london .", generator.Generate("ada", generator.Generation with { Beams = 3 }));
        Assert.Equal("lives in london .", await Streamed(generator, "ada"));
        Assert.Equal("lives in", await Streamed(generator, "ada", " london"));

        generator.Save(In("learnt"));
        Assert.True(File.Exists(In("learnt/generation_config.json")));
        using var again = TextGenerator.Load(In("learnt"));
        Assert.Equal(9, again.Generation.MaximumNewTokens);
        Assert.Equal("lives in london .", again.Generate("ada"));
        Assert.Equal(generator.Evaluate(Sentences).Loss, again.Evaluate(Sentences).Loss, 1e-9);
    }

    [Fact]
    public void Texts_share_blocks_where_they_are_packed()
    {
        using var generator = TextGenerator.FromPretrained(TinyDecoder.Write(In("start")));
        var options = Learning with { Recipe = Learning.Recipe with { Epochs = 1 } };
        Assert.Equal(5, generator.FineTune(Lines, null, options).Steps);
        // 24 places hold three sentences of seven tokens each: 14 blocks
        Assert.Equal(2, generator.FineTune(Lines, null, options with { Packing = TextPacking.Blocks }).Steps);
        var cut = generator.FineTune([string.Join(' ', Lines)], null, options with { BatchSize = 1 });
        Assert.Equal((int)Math.Ceiling((40 * 5 + 2) / 24.0), cut.Steps);
        Assert.Throws<ArgumentException>(() => generator.FineTune([], null, options));
    }

    [Fact]
    public void Adapters_learn_to_write_and_are_saved_beside_the_model()
    {
        using var generator = TextGenerator.FromPretrained(TinyDecoder.Write(In("start"), "llama"));
        double before = generator.Evaluate(Sentences).Loss;
        var options = Learning with { Recipe = Learning.Recipe with { LearningRate = 0.02, Adapter = new AdapterOptions { Kind = AdapterKind.Lora } } };
        var report = generator.FineTune(Lines, null, options);
        Assert.True(report.TrainableParameters < generator.Model.Parameters().Sum(parameter => parameter.Shape.ElementCount) / 2);
        double after = generator.Evaluate(Sentences).Loss;
        Assert.True(after < 0.9 * before, $"{before} became {after}");
        generator.Save(In("adapted"));
        using var again = TextGenerator.Load(In("adapted"));
        Assert.Equal(after, again.Evaluate(Sentences).Loss, 1e-6);
    }

    [Fact]
    public void What_cannot_be_written_is_refused()
    {
        using var generator = TextGenerator.FromPretrained(TinyDecoder.Write(In("start")));
        string far = string.Join(' ', Enumerable.Repeat("ada", 30));
        Assert.Contains("prompt 0 has 31 tokens, and the model's context of 24", Assert.Throws<ArgumentException>(() => generator.Generate(far)).Message, StringComparison.Ordinal);
        Assert.Contains("stop string is empty", Assert.Throws<ArgumentException>(() => generator.Generate("ada", stopStrings: [""])).Message, StringComparison.Ordinal);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => generator.Generate("ada", cancellation: source.Token));
        Assert.NotNull(generator.Generate("", generator.Generation with { DoSample = true, Seed = 3 }));
        Assert.Contains("no causal language model", Assert.Throws<ArgumentException>(() => TextGenerator.From(TextModelSource.FromFolder(In("start"), TextHead.None))).Message, StringComparison.Ordinal);
    }

    private static async Task<string> Streamed(TextGenerator generator, string prompt, params string[] stops)
    {
        var pieces = new List<string>();
        await foreach (string piece in generator.GenerateAsync(prompt, stopStrings: stops, cancellation: TestContext.Current.CancellationToken)) pieces.Add(piece);
        Assert.True(pieces.Count > 1);
        return string.Concat(pieces);
    }
}
