using Graft.Testing;

namespace Graft.Tasks.Tests;

/// <summary>Encoders that learn from texts without labels: from a config alone, and by telling replaced tokens.</summary>
public sealed class PretrainingTests : TextTaskTests
{
    private static string[] Lines { get; } =
        [.. Enumerable.Range(0, 40).Select(static i => i % 2 == 0 ? "ada lives in london . the cat is red ." : "bob works in paris . the dog is blue .")];

    [Fact]
    public void A_config_and_a_vocabulary_are_enough_to_begin_from_nothing()
    {
        string bare = TinyEncoder.Write(In("bare"), withWeights: false);
        var source = TextModelSource.FromConfig(bare, TextHead.MaskedLanguageModel, seed: 3);
        using var language = LanguageModelPretraining.From(source);
        var report = language.Train(Lines, null, Quick with { HeldOut = 0.2 });
        Assert.True(report.Epochs[^1].Loss < 0.7 * report.Epochs[0].Loss, $"{report.Epochs[0].Loss} to {report.Epochs[^1].Loss}");
        language.Save(In("language"));
        Assert.Null(language.Provenance);
        using var classifier = TextClassifier.FromPretrained(In("language"));
        Assert.False(classifier.CanPredict);

        using var embedder = TextEmbedder.From(TextModelSource.SentencesFromConfig(bare, seed: 3));
        Assert.Equal(32, embedder.Embed("ada").Length);
        using var same = TextClassifier.From(TextModelSource.FromConfig(bare, TextHead.SequenceClassification, seed: 5));
        using var again = TextClassifier.From(TextModelSource.FromConfig(bare, TextHead.SequenceClassification, seed: 5));
        Assert.Equal(same.Predict("ada").Score, again.Predict("ada").Score);
        Assert.Throws<CheckpointException>(() => TextModelSource.FromFolder(bare, TextHead.MaskedLanguageModel));
        Assert.Throws<CheckpointException>(() => TextModelSource.FromConfig(In("nowhere"), TextHead.None));
        File.Delete(Path.Combine(bare, "vocab.txt"));
        Assert.Throws<CheckpointException>(() => TextModelSource.FromConfig(bare, TextHead.MaskedLanguageModel));
    }

    [Fact]
    public void Replaced_tokens_are_told_and_both_encoders_are_folders_of_the_hub()
    {
        string bare = TinyEncoder.Write(In("bare"), "electra", withWeights: false), saved = In("electra");
        using var pretraining = ReplacedTokenPretraining.From(TextModelSource.ElectraFromConfig(bare, seed: 2));
        var report = pretraining.Train(Lines, Lines, Quick with { BatchSize = 4, MaximumLength = 16 });
        var first = report.Epochs[0].Validation!.Metrics;
        var last = report.Epochs[^1].Validation!.Metrics;
        Assert.True(last.Find("generator_loss") < 0.8 * first.Find("generator_loss"), $"{first.Find("generator_loss")} to {last.Find("generator_loss")}");
        // the better the generator, the fewer of its words can be told
        double best = report.Epochs.Max(static epoch => epoch.Validation!.Metrics.Find("f1")!.Value);
        Assert.True(best > 0.4, $"{best}");
        Assert.Equal(last.Find("loss")!.Value, (last.Find("generator_loss") + 50 * last.Find("discriminator_loss"))!.Value, 1e-6);
        foreach (string name in (string[])["f1", "precision", "recall"]) Assert.InRange(last.Find(name)!.Value, 0, 1);

        pretraining.Save(saved);
        Assert.Equal((TextHead.ReplacedTokenDetection, TextHead.MaskedLanguageModel), (PretrainedModel.HeadOf(saved), PretrainedModel.HeadOf(In("electra/generator"))));
        using (var checkpoint = Checkpoint.Open(saved)) Assert.DoesNotContain(checkpoint.Tensors, static tensor => tensor.Key.StartsWith("generator.", StringComparison.Ordinal));
        using var again = ReplacedTokenPretraining.FromPretrained(saved);
        Assert.Equal(pretraining.Evaluate(Lines).Metrics.All, again.Evaluate(Lines).Metrics.All);
        Assert.False(again.WeightsReport!.IsNoteworthy);

        // both open as what they are, and the discriminator for every task
        using var generator = LanguageModelPretraining.FromPretrained(In("electra/generator"));
        Assert.Equal(16, generator.Model.Sizes.HiddenSize);
        Assert.True(double.IsFinite(generator.Evaluate(Lines).Loss));
        using var classifier = TextClassifier.FromPretrained(saved);
        using var embedder = TextEmbedder.FromPretrained(saved);
        Assert.Equal(32, embedder.Dimensions);
        again.Train(Lines, null, Quick with { Recipe = Quick.Recipe with { Epochs = 1 } });
    }

    [Fact]
    public void A_discriminator_without_a_generator_gets_a_new_one()
    {
        string folder = TinyEncoder.Write(In("electra"), "electra");
        using var pretraining = ReplacedTokenPretraining.FromPretrained(folder);
        Assert.Contains(pretraining.WeightsReport!.Replaced, static name => name.StartsWith("generator.", StringComparison.Ordinal));
        Assert.Contains(pretraining.WeightsReport.Replaced, static name => name.StartsWith("discriminator_predictions.", StringComparison.Ordinal));
        Assert.False(pretraining.CanPredict);
        pretraining.Train(Lines, null, Quick with { Recipe = Quick.Recipe with { Epochs = 1 } });
        Assert.True(pretraining.Evaluate(Lines[..2]).Examples > 0);
        Assert.Throws<CheckpointException>(() => ReplacedTokenPretraining.FromPretrained(Encoder));
        Assert.Throws<ArgumentException>(() => ReplacedTokenPretraining.From(TextModelSource.FromFolder(folder, TextHead.ReplacedTokenDetection)));
    }
}
