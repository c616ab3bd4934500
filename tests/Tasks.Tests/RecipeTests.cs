using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>A recipe read back repeats the run, and its table is complete.</summary>
public sealed class RecipeTests : IDisposable
{
    private static readonly string[] Classes = ["blue", "green"];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void The_recipe_of_a_saved_model_makes_the_same_weights_from_the_same_start()
    {
        string train = Pictures.Folder(folder, "train", 8, Classes), weights = Pictures.Weights(folder), saved = folder["saved/x"][..^2];
        var options = new ImageFineTuneOptions
        {
            HeldOut = 0.25,
            LabelSmoothing = 0.1f,
            Augmentation = new TrainingAugmentation { CropPadding = 2 },
            Recipe = new FineTuneOptions { Epochs = 1, BatchNorm = BatchNormPolicy.AlwaysRunningStatistics, ClipNorm = 1, WeightDecay = 0.01, Seed = 7 },
        };
        using var first = ImageClassifier.FromPretrained(Pictures.Model, weights, device);
        var report = first.FineTune(train, options);
        first.Save(saved);

        var read = ImageFineTuneOptions.Load(saved);
        Assert.Equal(first.Recipe, read);
        Assert.Equal((0.25, 1, 4), (read.HeldOut, read.Recipe.FrozenEpochs, read.BatchSize));
        using var second = ImageClassifier.FromPretrained(Pictures.Model, weights, device);
        var repeated = second.FineTune(train, read);
        Assert.Equal(Pictures.Snapshot(first.Model), Pictures.Snapshot(second.Model));
        Assert.Equal(report.Epochs.Select(epoch => epoch.Validation), repeated.Epochs.Select(epoch => epoch.Validation));
        using var loaded = ImageClassifier.Load(saved, device);
        Assert.Equal(first.Recipe, loaded.Recipe);
        Assert.Equal(options.Augmentation, loaded.Preprocessing.Augmentation);
        Assert.Equal(first.Provenance, loaded.Provenance);
    }

    [Fact]
    public void A_model_that_was_not_fine_tuned_has_no_recipe()
    {
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        classifier.Save(folder.Path);
        Assert.Null(classifier.Recipe);
        Assert.Contains("was not fine-tuned", Assert.Throws<CheckpointException>(() => ImageFineTuneOptions.Load(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => ImageFineTuneOptions.Load(folder["nowhere"]));
    }

    /// <summary>What an option's text changes is what its text then is, and nothing else of the recipe.</summary>
    [Fact]
    public void Every_option_reads_what_it_writes_and_refuses_what_its_rule_does_not_allow()
    {
        var defaults = new ImageFineTuneOptions();
        foreach (var option in ImageRecipe.Options.Where(option => option.Name is not null))
        {
            string other = option.Words is [.., var last] ? last : option.Rule.Contains("[0, 1)", StringComparison.Ordinal) ? "0.5" : "3";
            Assert.True(option.TryParse(defaults, other, out var changed), option.Name);
            Assert.Equal(other, option.TextIn(changed));
            Assert.NotEqual(defaults, changed);
            foreach (var beside in ImageRecipe.Options.Where(beside => beside != option)) Assert.Equal(beside.TextIn(defaults), beside.TextIn(changed));
            if (option.Rule.StartsWith("the ", StringComparison.Ordinal)) continue;
            Assert.False(option.TryParse(defaults, "-1", out _), option.Name);
            Assert.StartsWith($"{option.Name} is {option.Rule}, not '-1'", option.Refusal("-1"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_value_that_its_rule_does_not_allow_is_named_by_its_property()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ImageRecipe.Options.Validate(
            new ImageFineTuneOptions { Recipe = new FineTuneOptions { RateDecayPerStage = 0 } }));
        Assert.Equal("RateDecayPerStage", error.ParamName);
        Assert.StartsWith("RateDecayPerStage is a number above 0", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageRecipe.Options.Validate(
            new ImageFineTuneOptions { Recipe = new FineTuneOptions { BatchNorm = (BatchNormPolicy)9 } }));
    }
}
