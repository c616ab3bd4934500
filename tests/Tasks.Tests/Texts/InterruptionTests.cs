using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Trainings of texts that are stopped, and recipes that make them again.</summary>
public sealed class InterruptionTests : TextTaskTests
{
    [Fact]
    public void What_was_learnt_until_a_stop_is_kept_and_before_the_first_step_nothing_changes()
    {
        using var interrupt = new CancellationTokenSource();
        using var classifier = TextClassifier.FromPretrained(Encoder);
        var options = Quick with { BatchSize = 4, Recipe = Quick.Recipe with { Epochs = 3 } };
        Assert.Equal(0, classifier.FineTune(Moods(), Moods(), options, null, new CancellationToken(canceled: true)).Steps);
        Assert.False(classifier.CanPredict);

        var report = classifier.FineTune(Moods(), Moods(), options, new Stop(interrupt, at: 6), interrupt.Token);
        Assert.True(report.Interrupted);
        Assert.Equal([(4, 16, false), (2, 8, true)], report.Epochs.Select(static epoch => (epoch.Steps, epoch.Examples, epoch.Interrupted)));
        Assert.Equal(6, report.Steps);
        classifier.Save(In("stopped"));
        using var again = TextClassifier.Load(In("stopped"));
        Assert.Equal(classifier.Predict("fine film").Score, again.Predict("fine film").Score);
        Assert.Equal(1, again.Metrics["interrupted"]);
    }

    [Fact]
    public void The_recipe_of_a_saved_model_makes_the_same_weights_from_the_same_start()
    {
        var options = Quick with { BatchSize = null, HeldOut = 0.25, Recipe = new TextFineTuneOptions().Recipe with { Epochs = 2, Seed = 7, WeightDecay = 0.02 } };
        using var first = TextClassifier.FromPretrained(Encoder, seed: 7);
        var report = first.FineTune(Moods(), null, options);
        first.Save(In("first"));
        var read = TextFineTuneOptions.Load(In("first"));
        Assert.Equal(first.Recipe, read);
        Assert.Equal((0.25, 4, 48), (read.HeldOut, read.BatchSize, read.MaximumLength));
        using var second = TextClassifier.FromPretrained(Encoder, seed: 7);
        var repeated = second.FineTune(Moods(), null, TextFineTuneOptions.Load(Path.Combine(In("first"), "graft.json")));
        Assert.Equal(report.Epochs.Select(static epoch => epoch.Loss), repeated.Epochs.Select(static epoch => epoch.Loss));
        Assert.Equal(first.Predict("fine film").Score, second.Predict("fine film").Score);

        Assert.Contains("a model of texts", Assert.Throws<CheckpointException>(() => ImageFineTuneOptions.Load(In("first"))).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => TextFineTuneOptions.Load(In("nowhere")));
        string pictures = Path.Combine(In("first"), "graft.json");
        File.WriteAllText(pictures, File.ReadAllText(pictures).Replace("\"max_length\": 48", "\"mixup\": 1", StringComparison.Ordinal));
        Assert.Contains("a model of pictures", Assert.Throws<CheckpointException>(() => TextFineTuneOptions.Load(pictures)).Message, StringComparison.Ordinal);
    }

    private static LabelledTexts Moods()
    {
        TextExample[] texts = [.. Enumerable.Range(0, 16).Select(static index => new TextExample(index % 2 == 0 ? "the film is good" : "the book was awful"))];
        return new LabelledTexts("moods", ["bad", "good"], texts, [.. texts.Select(static (_, index) => 1 - index % 2)]);
    }

    private sealed class Stop(CancellationTokenSource interrupt, int at) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Step == at) interrupt.Cancel();
        }
    }
}
