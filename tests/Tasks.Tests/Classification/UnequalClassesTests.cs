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

    private Dictionary<string, float[]> Tuned(ImageFineTuneOptions options, int threads, out string saved)
    {
        using var device = new CpuDevice(threads);
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, weights, device);
        classifier.FineTune(train, options);
        saved = folder[$"saved{threads}/x"][..^2];
        classifier.Save(saved);
        return Pictures.Snapshot(classifier.Model);
    }
}
