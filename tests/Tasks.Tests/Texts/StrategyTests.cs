using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Strategies and what a text task decides for them.</summary>
public sealed class StrategyTests : TextTaskTests
{
    [Theory]
    [InlineData(1, 20)]     // 1 step an epoch
    [InlineData(20, 20)]    // 5
    [InlineData(60, 7)]     // 15
    [InlineData(200, 4)]    // 25
    [InlineData(530, 3)]    // 34
    [InlineData(5_000, 3)]
    [InlineData(int.MaxValue, 3)]
    public void Few_texts_are_learnt_from_more_often(int texts, int epochs)
    {
        Assert.Equal(epochs, new TextFineTuneOptions().EpochsFor(texts));
        Assert.Equal(10, TextFineTuneOptions.ForWords.EpochsFor(texts));
        Assert.Equal(2, (Quick with { Recipe = Quick.Recipe with { Epochs = 2 } }).EpochsFor(texts));
    }

    [Fact]
    public void What_was_decided_is_saved_and_repeats_the_run()
    {
        var options = new TextFineTuneOptions { BatchSize = 24 };
        options = options with { Recipe = options.Recipe with { Strategy = FineTuneStrategy.LinearProbe } };
        using var first = TextClassifier.FromPretrained(Encoder);
        var report = first.FineTune(Sentiments(), null, options);
        first.Save(In("saved"));
        var read = TextFineTuneOptions.Load(In("saved"));
        Assert.Equal(first.Recipe, read);
        Assert.Equal((20, 20, "linear-probe"), (read.Recipe.Epochs, read.Recipe.HeadRateFactor, read.Recipe.Strategy.Name));
        Assert.Equal(20, report.Epochs.Count);
        Assert.All(report.Epochs, static epoch => Assert.Equal("head", epoch.LearningFrom));
        using var second = TextClassifier.FromPretrained(Encoder);
        second.FineTune(Sentiments(), null, read);
        Assert.Equal(Numbers(first.Model), Numbers(second.Model));
    }

    private static LabelledTexts Sentiments() => new(
        "moods", ["bad", "good"], [.. Enumerable.Range(0, 24).Select(static index => new TextExample(index % 2 == 0 ? "the film was awful" : "the book is good"))],
        [.. Enumerable.Range(0, 24).Select(static index => index % 2)]);

    private static float[] Numbers(Model model) => [.. model.Parameters().SelectMany(static parameter => parameter.Value.ToArray())];
}
