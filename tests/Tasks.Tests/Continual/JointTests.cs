using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Two tasks in the same steps: bright pictures from dark ones, and those with a bright left half from others.</summary>
public sealed class JointTests : IDisposable
{
    private const int Side = 28, OfEach = 12;

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Two_tasks_have_one_trunk_and_a_head_each()
    {
        using var classifier = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        var options = Options() with { Joint = new JointOptions { Pictures = Sides(), Weight = 0.5 } };
        var report = classifier.FineTune(Levels(), null, options);
        Assert.Equal(1, classifier.Evaluate(Levels()).Accuracy);
        var other = classifier.Joint!;
        Assert.Equal(["left", "middle", "right"], other.ClassNames);
        Assert.Equal(1, other.Evaluate(Sides()).Accuracy);
        var (own, others) = (Pictures.Snapshot(classifier.Model), Pictures.Snapshot(other.Model));
        Assert.Equal(own["block4.0.weight"], others["block4.0.weight"]);
        Assert.NotEqual(own["head.weight"].Length, others["head.weight"].Length);

        // a folder of its own, from which it goes on
        string saved = folder["sides"];
        other.Save(saved);
        using var loaded = ImageClassifier.Load(saved, device);
        Assert.Equal(1, loaded.Evaluate(Sides()).Accuracy);
        Assert.Null(loaded.Recipe);
        Assert.Equal(0.5, classifier.Recipe!.Joint.Weight);

        // the other task is learnt by and not only beside: the weights are others without it, and the same again with it
        using var again = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        Assert.Equal(report.Steps, again.FineTune(Levels(), null, options).Steps);
        Assert.Equal(own["block1.0.weight"], Pictures.Snapshot(again.Model)["block1.0.weight"]);
        using var alone = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        alone.FineTune(Levels(), null, Options());
        Assert.NotEqual(own["block1.0.weight"], Pictures.Snapshot(alone.Model)["block1.0.weight"]);
        Assert.Null(alone.Joint);
        // what was learnt in the same steps is that of the last fine-tuning
        classifier.FineTune(Levels(), null, Options());
        Assert.Null(classifier.Joint);
    }

    [Fact]
    public void What_is_stopped_goes_on_as_it_would_have()
    {
        var options = Options() with { Joint = new JointOptions { Pictures = Sides() } };
        using var whole = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        whole.FineTune(Levels(), null, options);
        using var stopped = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        using var source = new CancellationTokenSource();
        Assert.True(stopped.FineTune(Levels(), null, Kept(resume: false), new Stop(source, after: 5), source.Token).Interrupted);
        using var resumed = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        Assert.True(resumed.FineTune(Levels(), null, Kept(resume: true)).ResumedFrom > 0);
        Assert.Equal(Pictures.Snapshot(whole.Joint!.Model)["head.weight"], Pictures.Snapshot(resumed.Joint!.Model)["head.weight"]);
        Assert.Equal(Pictures.Snapshot(whole.Model)["block1.0.weight"], Pictures.Snapshot(resumed.Model)["block1.0.weight"]);

        ImageFineTuneOptions Kept(bool resume) => options with
        {
            Recipe = options.Recipe with { Run = new RunOptions { Checkpoints = new TrainingCheckpoints(folder["run"]) { EverySteps = 1, Resume = resume } } },
        };
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_nothing_changes()
    {
        using var classifier = ImageClassifier.FromScratch("conv4-28", device, seed: 2);
        Refused(new JointOptions { Weight = 2 }, "give those, or leave it out");
        Refused(new JointOptions { Pictures = Sides(), Weight = -1 }, "a number above 0");
        Refused(new JointOptions { Pictures = new LabelledImages("one", ["alone"], new InMemoryImages("one", [Picture(9, 9, 0)]), [0]) }, "the class alone alone");
        Assert.Throws<ImageException>(() => classifier.FineTune(Levels(), null, Options() with { Joint = new JointOptions { Data = "nowhere" } }));
        var adapters = Options() with { Joint = new JointOptions { Pictures = Sides() } };
        adapters = adapters with { Recipe = adapters.Recipe with { Adapter = adapters.Recipe.Adapter with { Kind = AdapterKind.Lora } } };
        Assert.Contains("one task's alone", Assert.ThrowsAny<ArgumentException>(() => classifier.FineTune(Levels(), null, adapters)).Message, StringComparison.Ordinal);
        using var regressor = ImageRegressor.From(ImageModelSource.Scratch("conv4-28"), device);
        var targets = new ImageTargets(["level"], new InMemoryImages("targets", [Picture(9, 9, 0), Picture(90, 90, 1)]), [[0f], [1f]]);
        Assert.Contains("one class each", Assert.ThrowsAny<ArgumentException>(
            () => regressor.FineTune(targets, null, Options() with { Joint = new JointOptions { Pictures = Sides() } })).Message, StringComparison.Ordinal);

        void Refused(JointOptions joint, string why) =>
            Assert.Contains(why, Assert.ThrowsAny<ArgumentException>(() => classifier.FineTune(Levels(), null, Options() with { Joint = joint })).Message, StringComparison.Ordinal);
    }

    private static ImageFineTuneOptions Options() => new()
    {
        BatchSize = 8,
        Augmentation = TrainingAugmentation.None,
        Recipe = new FineTuneOptions { Strategy = FineTuneStrategy.Full, Epochs = 8, FrozenEpochs = 0, LearningRate = 0.02, RateDecayPerStage = 1, Seed = 1 },
    };

    private static LabelledImages Levels() => Make("levels", ["dark", "bright"], static (label, place) => Picture(label == 0 ? 40 : 200, label == 0 ? 40 : 200, place));

    private static LabelledImages Sides() =>
        Make("sides", ["left", "middle", "right"], static (label, place) => Picture(label == 0 ? 200 : label == 1 ? 120 : 40, label == 2 ? 200 : label == 1 ? 120 : 40, 100 + place));

    private static LabelledImages Make(string name, string[] classes, Func<int, int, RgbImage> picture)
    {
        var labels = Enumerable.Range(0, classes.Length * OfEach).Select(place => place % classes.Length).ToList();
        return new LabelledImages(name, classes, new InMemoryImages(name, [.. labels.Select(picture)]), labels);
    }

    private static RgbImage Picture(int left, int right, int number)
    {
        var noise = new RandomStream(7, "sides");
        var image = new RgbImage(Side, Side);
        for (int y = 0; y < Side; y++)
            for (int x = 0; x < 3 * Side; x++)
                image.Row(y)[x] = (byte)((x < 3 * Side / 2 ? left : right) + 30 * (noise.Uniform((ulong)(y * 3 * Side + x), (ulong)number) - 0.5));
        return image;
    }

    private sealed class Stop(CancellationTokenSource source, int after) : IProgress<FitProgress>
    {
        private int seen;

        public void Report(FitProgress value)
        {
            if (++seen == after) source.Cancel();
        }
    }
}
