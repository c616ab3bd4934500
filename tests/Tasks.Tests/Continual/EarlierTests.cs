using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class EarlierTests : IDisposable
{
    private const int Side = 28, OfEach = 12;

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    /// <summary>Bright pictures are of one class and dark ones of the other, and then the other way round: both cannot be kept, so that what is held shows.</summary>
    [Fact]
    public void Weights_are_held_and_pictures_learnt_again()
    {
        using var learnt = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        // a network that is sure of everything depends on no weight any more
        learnt.FineTune(Task(isFirst: true), null, Options() with { LabelSmoothing = 0.2f });
        var pictures = Task(isFirst: true);
        Assert.Equal(1, learnt.Evaluate(pictures).Accuracy);
        var before = Pictures.Snapshot(learnt.Model);
        string saved = folder["first"];
        learnt.Save(saved);
        var (plain, way) = After(new EarlierOptions());
        Assert.True(plain < 0.3, $"{plain}");
        var (_, held) = After(new EarlierOptions { Pictures = pictures, ElasticWeights = 100, ElasticExamples = 10 });
        Assert.True(held < 0.8 * way, $"{held} away with elastic weights, {way} without");
        Assert.Equal(held, After(new EarlierOptions { Pictures = pictures, ElasticWeights = 100, ElasticExamples = 10 }).Way);
        var (replayed, _) = After(new EarlierOptions { Pictures = pictures, Replay = 4 });
        Assert.True(replayed > plain + 0.2, $"{replayed} with replay, {plain} without");

        (double Accuracy, double Way) After(EarlierOptions earlier)
        {
            using var classifier = ImageClassifier.Load(saved, device);
            classifier.FineTune(Task(isFirst: false), null, Options() with { Earlier = earlier });
            double way = Pictures.Snapshot(classifier.Model).Where(static tensor => tensor.Key.EndsWith(".weight", StringComparison.Ordinal))
                .Sum(tensor => tensor.Value.Zip(before[tensor.Key]).Sum(static pair => Math.Pow(pair.First - pair.Second, 2)));
            return (classifier.Evaluate(pictures).Accuracy, Math.Sqrt(way));
        }
    }

    [Fact]
    public void A_recipe_names_the_pictures_and_what_does_not_fit_is_refused()
    {
        var options = Options() with { Earlier = new EarlierOptions { Data = "somewhere", ElasticWeights = 3, Replay = 2 } };
        using var classifier = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        var task = Task(isFirst: true);
        classifier.FineTune(task, null, Options());
        Assert.Throws<ImageException>(() => classifier.FineTune(task, null, options));
        var kept = classifier.FineTune(task, null, Options() with { Earlier = new EarlierOptions { Pictures = task, Replay = 2 } });
        Assert.True(kept.Steps > 0);
        Assert.Contains("nothing is said", Refusal(new EarlierOptions { Pictures = task }), StringComparison.Ordinal);
        Assert.Contains("give those", Refusal(new EarlierOptions { Replay = 2 }), StringComparison.Ordinal);
        Assert.Contains("give it, or leave this out", Refusal(new EarlierOptions { Pictures = task, Replay = 2, ElasticExamples = 4 }), StringComparison.Ordinal);
        using var fresh = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        var others = new LabelledImages("others", ["one", "two"], new InMemoryImages("others", [Picture(5, 0), Picture(9, 0)]), [0, 1]);
        Assert.ThrowsAny<Exception>(() => classifier.FineTune(task, null, Options() with { Earlier = new EarlierOptions { Pictures = others, Replay = 1 } }));

        string Refusal(EarlierOptions earlier) => Assert.Throws<ArgumentException>(() => classifier.FineTune(task, null, Options() with { Earlier = earlier })).Message;
    }

    private static ImageFineTuneOptions Options() => new()
    {
        BatchSize = 8,
        Augmentation = TrainingAugmentation.None,
        Recipe = new FineTuneOptions { Strategy = FineTuneStrategy.Full, Epochs = 12, FrozenEpochs = 0, LearningRate = 0.02, RateDecayPerStage = 1, Seed = 1 },
    };

    private static LabelledImages Task(bool isFirst)
    {
        var labels = Enumerable.Range(0, 2 * OfEach).Select(static place => place % 2).ToList();
        return new LabelledImages("levels", ["left", "right"], new InMemoryImages("levels", [.. labels.Select((label, place) => Picture(isFirst == (label == 0) ? 200 : 40, place))]), labels);
    }

    private static RgbImage Picture(int level, int number)
    {
        var noise = new RandomStream(7, "levels");
        var image = new RgbImage(Side, Side);
        for (int at = 0; at < image.Pixels.Length; at++) image.Pixels[at] = (byte)(level + 30 * (noise.Uniform((ulong)at, (ulong)number) - 0.5));
        return image;
    }
}
