using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Fine-tuning by what classes count, by mixed pictures and by other ways of drawing.</summary>
public sealed class UnequalClassesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string train;
    private readonly string weights;

    public UnequalClassesTests()
    {
        train = Pictures.Folder(folder, "train", 8, "blue", "green");
        weights = Pictures.Weights(folder);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Everything_together_gives_the_same_bits_on_any_number_of_threads_and_from_its_own_recipe()
    {
        var options = Options(new ClassOptions { Weights = ClassWeighting.Balanced, Sampling = ExampleSampling.Balanced }) with
        {
            Mixing = new MixingOptions { Mixup = 0.4, CutMix = 1 },
            Augmentation = TrainingAugmentation.Cifar,
            Variation = new VariationOptions { Policy = AugmentationPolicy.TrivialAugment, Erasing = 0.5 },
        };
        for (int i = 8; i < 12; i++) folder.Write($"train/blue/{i:d3}.ppm", Pictures.Ppm(0, i));
        var one = Tuned(options, threads: 1, out string saved);
        Assert.Equal(one, Tuned(options, threads: 3, out _));
        Assert.Equal(one, Tuned(ImageFineTuneOptions.Load(saved), threads: 2, out _));
        Assert.NotEqual(one, Tuned(options with { Mixing = new MixingOptions() }, threads: 2, out _));
        Assert.NotEqual(one, Tuned(options with { Classes = options.Classes with { Sampling = null } }, threads: 2, out _));
    }

    [Fact]
    public void Of_equal_classes_balanced_weights_are_none()
    {
        var plain = Tuned(Options(new ClassOptions()), 2, out _);
        var weighted = Tuned(Options(new ClassOptions { Weights = ClassWeighting.Balanced }), 2, out _);
        foreach (string key in plain.Keys) Assert.Equal(plain[key], weighted[key], (expected, actual) => Math.Abs(expected - actual) < 1e-4 * (1 + Math.Abs(expected)));
        Assert.NotEqual(plain, Tuned(Options(new ClassOptions { FocalGamma = 2 }), 2, out _));
    }

    /// <summary>Held, maps and what makes them move less; channels that are judged count otherwise than all alike.</summary>
    [Fact]
    public void Feature_maps_are_held_where_they_were()
    {
        Tuned(Options(new ClassOptions()), 1, out string begun);
        var options = Options(new ClassOptions()) with { LabelSmoothing = 0.3f };
        options = options with { Recipe = options.Recipe with { FrozenEpochs = 0, LearningRate = 0.01, RateDecayPerStage = 1, BatchNorm = BatchNormPolicy.AlwaysRunningStatistics } };
        using var loaded = ImageClassifier.Load(begun);
        var start = Pictures.Snapshot(loaded.Model);
        double Way(Dictionary<string, float[]> moved) => start.Keys.Where(static key => key.StartsWith("layer", StringComparison.Ordinal))
            .Sum(key => moved[key].Zip(start[key], static (one, other) => Math.Pow(one - other, 2)).Sum());
        double free = Way(Tuned(options, 2, out _, begun)), held = Way(Tuned(options with { FeaturePenalty = 0.3 }, 2, out _, begun));
        Assert.True(held < free, $"{free} to {held}");
        var judged = options with { FeaturePenalty = 0.3, FeatureAttention = FeatureAttention.Supervised };
        var one = Tuned(judged, 1, out string saved, begun);
        Assert.Equal(one, Tuned(ImageFineTuneOptions.Load(saved), 3, out _, begun));
        Assert.NotEqual(one, Tuned(judged with { FeatureAttention = null }, 2, out _, begun));

        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, weights);
        Assert.Throws<ArgumentException>(() => classifier.FineTune(train, judged with { FeaturePenalty = null }));
    }

    [Fact]
    public void What_contradicts_is_refused()
    {
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, weights);
        Assert.Throws<ArgumentException>(() => classifier.FineTune(train, Options(new ClassOptions { FocalGamma = 2 }) with { LabelSmoothing = 0.1f }));
        Assert.Throws<ArgumentOutOfRangeException>(() => classifier.FineTune(train, Options(new ClassOptions { FocalGamma = -2 })));
        Assert.Throws<ArgumentOutOfRangeException>(() => classifier.FineTune(train, Options(new ClassOptions()) with { Mixing = new MixingOptions { Mixup = 0 } }));
    }

    private static ImageFineTuneOptions Options(ClassOptions classes) => new()
    {
        BatchSize = 4,
        Classes = classes,
        Augmentation = TrainingAugmentation.None,
        Recipe = new FineTuneOptions { Epochs = 1, LearningRate = 0.05, Seed = 3 },
    };

    private Dictionary<string, float[]> Tuned(ImageFineTuneOptions options, int threads, out string saved, string? from = null)
    {
        using var device = new CpuDevice(threads);
        using var classifier = from is null ? ImageClassifier.FromPretrained(Pictures.Model, weights, device) : ImageClassifier.Load(from, device);
        classifier.FineTune(train, options);
        saved = folder[$"saved{(from is null ? 0 : threads)}/x"][..^2];
        classifier.Save(saved);
        return Pictures.Snapshot(classifier.Model);
    }
}
