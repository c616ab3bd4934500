using Graft.Testing;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Encoder-decoders that learn to turn words round: from nothing, saved, loaded, evaluated, frozen in part.</summary>
public sealed class SequenceToSequenceTests : TextTaskTests
{
    private static TextFineTuneOptions Learning { get; } = new()
    {
        BatchSize = 32,
        Recipe = new TextFineTuneOptions().Recipe with { Epochs = 40, LearningRate = 4e-3, RateDecayPerStage = 1, Seed = 1 },
    };

    [Theory]
    [InlineData("marian")]
    [InlineData("bart")]
    [InlineData("t5")]
    public void Words_are_turned_round_without_a_mistake(string type)
    {
        string folder = TinyTranslator.Write(In(type), type, withWeights: false);
        var (training, test) = (Pairs(1500, seed: 1), Pairs(40, seed: 2));
        using var writer = SequenceToSequence.From(TextModelSource.FromConfig(folder, TextHead.SequenceToSequence, seed: 1));
        var report = writer.FineTune(training, test, Learning);
        TestContext.Current.TestOutputHelper?.WriteLine($"{type}: {report.Steps} steps, {report.Seconds:0.0} s, {string.Join(", ", report.Epochs[^1].Validation!.Metrics.All)}");
        var evaluation = writer.Evaluate(test, writer.Generation with { Beams = 2 });
        foreach (string name in (string[])["exact_match", "accuracy", "rouge1", "rougeL"]) Assert.Equal(1, evaluation.Metrics.Find(name)!.Value, 1e-9);
        foreach (string name in (string[])["bleu", "chrf"]) Assert.Equal(100, evaluation.Metrics.Find(name)!.Value, 1e-6);
        Assert.True(evaluation.Loss < 0.1, $"{evaluation.Loss}");
        Assert.Equal(test.Targets, writer.Generate(test.Sources));

        writer.Save(In("saved"));
        using var same = SequenceToSequence.Load(In("saved"));
        Assert.Equal(writer.Generation with { EndTokens = [], BadWords = [], SuppressedTokens = [], SuppressedAtBegin = [], ForcedTokens = [], Processors = [], StopRules = [] },
            same.Generation with { EndTokens = [], BadWords = [], SuppressedTokens = [], SuppressedAtBegin = [], ForcedTokens = [], Processors = [], StopRules = [] });
        Assert.Equal("three two one", same.Generate("one two three"));
        Assert.Equal(["two one", "", "blue red"], same.Generate(["one two", "  ", "red blue"], same.Generation with { Beams = 4 }));
        Assert.Contains("generation_config.json", Directory.GetFiles(In("saved")).Select(Path.GetFileName));
        // a folder of the hub in all its parts
        using var plain = PretrainedModel.Open(In("saved"));
        Assert.Equal(TextHead.SequenceToSequence, plain.Head);
    }

    [Fact]
    public void A_frozen_encoder_stays_as_it_is_and_smoothed_labels_are_learnt_too()
    {
        string folder = TinyTranslator.Write(In("marian"));
        using var writer = SequenceToSequence.FromPretrained(folder);
        float[] before = Values(writer.Model, "model.encoder.layers.0.fc1.weight"), decoder = Values(writer.Model, "model.decoder.layers.0.fc1.weight");
        var options = Learning with { LabelSmoothing = 0.1f, Recipe = Learning.Recipe with { Epochs = 2, FreezeBelow = "decoder0" } };
        var report = writer.FineTune(Pairs(60, seed: 3), null, options);
        Assert.Equal(before, Values(writer.Model, "model.encoder.layers.0.fc1.weight"));
        Assert.NotEqual(decoder, Values(writer.Model, "model.decoder.layers.0.fc1.weight"));
        Assert.True(report.TrainableParameters < writer.Model.Parameters().Sum(static parameter => parameter.Shape.ElementCount));
        writer.FineTune(Pairs(60, seed: 3), null, options with { Recipe = options.Recipe with { FreezeBelow = null, Freeze = "model.encoder" } });
        Assert.Equal(before, Values(writer.Model, "model.encoder.layers.0.fc1.weight"));
    }

    [Fact]
    public void Adapters_learn_and_are_saved()
    {
        string folder = TinyTranslator.Write(In("t5"), "t5");
        using var writer = SequenceToSequence.FromPretrained(folder);
        var recipe = Learning.Recipe with { Epochs = 2, Adapter = new AdapterOptions { Kind = AdapterKind.Lora } };
        writer.FineTune(Pairs(60, seed: 3), null, Learning with { Recipe = recipe });
        writer.Save(In("saved"));
        using var same = SequenceToSequence.Load(In("saved"));
        Assert.Equal(writer.Generate("one two three"), same.Generate("one two three"));
        Assert.NotNull(same.Adapters);
    }

    [Fact]
    public void What_it_cannot_do_is_refused()
    {
        Assert.Contains("no head", Assert.Throws<ArgumentException>(() => SequenceToSequence.FromPretrained(Encoder)).Message, StringComparison.Ordinal);
        using var writer = SequenceToSequence.FromPretrained(TinyTranslator.Write(In("marian")));
        Assert.Throws<ArgumentException>(() => writer.FineTune(Pairs(8, seed: 3), null, Learning with { DropoutConsistency = 1 }));
        Assert.Throws<ArgumentException>(() => writer.FineTune(Pairs(8, seed: 3), null, Learning with { MaximumLength = 100 }));
        Assert.Throws<ArgumentException>(() => writer.Generate("one", writer.Generation with { Beams = 0 }));
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => writer.Generate("one", null, source.Token));
    }

    private static ParallelTexts Pairs(int count, int seed) =>
        new("pairs", TinyTranslator.Pairs(count, seed).Select(static pair => new ParallelExample(pair.Text, pair.Reversed)));

    private static float[] Values(Model model, string name) => model.Parameters().Single(parameter => parameter.Name == name).Value.ToArray();
}
