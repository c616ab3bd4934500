using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class AdaptationTests : IDisposable
{
    private static readonly string[] Colours = ["blue", "green", "red"];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string> Methods => [.. DomainMethodKind.All.Where(static kind => kind.NeedsSource && kind != DomainMethodKind.SourceOnly).Select(static kind => kind.Name)];

    /// <summary>The same pictures in a bright haze: norms that know the source's alone see nothing in them.</summary>
    [Fact]
    public void Statistics_of_the_target_see_through_a_haze()
    {
        using var classifier = Learnt();
        var target = Target();
        float[] before = Weights(classifier);
        Assert.True(classifier.Evaluate(target).Accuracy < 0.6);
        var seen = classifier.CompareDomains(null, null, target);
        classifier.AdaptStatistics(target);
        Assert.Equal(before, Weights(classifier));
        double accuracy = classifier.Evaluate(target).Accuracy;
        Assert.True(accuracy > 0.95, $"{accuracy}");
        var now = classifier.CompareDomains(null, null, target);
        Assert.True(now.Confidence > 0.5);
        Assert.Equal(1, seen.Shares.Sum(), 1e-9);
        // answers that see something tell more: the entropy of their mean less the mean of their entropies
        double[][] answers = [.. classifier.Predict(target).Select(one => classifier.ClassNames.Select(name => one.Prediction!.Classes.Single(found => found.Label == name).Probability).ToArray())];
        double[] mean = [.. Enumerable.Range(0, answers[0].Length).Select(label => answers.Average(row => row[label]))];
        Assert.Equal(Entropy(mean) - answers.Average(Entropy), now.Information, 1e-6);
        Assert.InRange(now.Information, seen.Information + 0.1, Math.Log(mean.Length));

        string saved = folder["adapted/x"][..^2];
        classifier.Save(saved);
        using var same = ImageClassifier.Load(saved, device);
        Assert.Equal(accuracy, same.Evaluate(target).Accuracy);

        static double Entropy(double[] shares) => -shares.Sum(static share => share > 0 ? share * Math.Log(share) : 0);
    }

    [Fact]
    public void Norms_learn_to_be_sure_of_the_target_and_nothing_else_does()
    {
        using var classifier = Learnt();
        var target = Target();
        var before = Pictures.Snapshot(classifier.Model);
        double entropy = classifier.CompareDomains(null, null, target).Entropy;
        var report = classifier.Adapt(target, ImageClassifier.TestTimeOptions with { BatchSize = 18, Recipe = ImageClassifier.TestTimeOptions.Recipe with { Epochs = 3 } });
        Assert.Equal(6, report.Steps);
        string[] moved = [.. Pictures.Snapshot(classifier.Model).Where(tensor => !tensor.Value.SequenceEqual(before[tensor.Key])).Select(static tensor => tensor.Key)];
        Assert.All(moved, static name => Assert.Contains("bn", name, StringComparison.Ordinal));
        Assert.Contains("bn1.weight", moved);
        Assert.Contains("bn1.running_mean", moved);
        double accuracy = classifier.Evaluate(target).Accuracy;
        double after = classifier.CompareDomains(null, null, target).Entropy;
        // a network that is sure of everything already has nothing to learn
        Assert.True(after < Math.Max(entropy, 1e-3), $"{after}, before {entropy}, {accuracy} right");
        Assert.True(accuracy > 0.95, $"{accuracy}");
        Assert.All(classifier.Model.Parameters(), static parameter => Assert.False(parameter.IsFrozen));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_method_learns_from_both_domains_and_the_same_each_time(string name)
    {
        var kind = DomainMethodKind.Named(name);
        using var first = Adapted(kind);
        using var second = Adapted(kind);
        using var alone = Adapted(DomainMethodKind.SourceOnly);
        float[] weights = Weights(first);
        Assert.Equal(weights, Weights(second));
        Assert.NotEqual(weights, Weights(alone));
        Assert.All(weights, static weight => Assert.True(float.IsFinite(weight)));
        // what draws the domains together does so in two epochs; the others are of more use to a network that is sure of something, and dan may bring all features to zero
        double accuracy = first.Evaluate(Target(Dark)).Accuracy;
        if (kind == DomainMethodKind.Dann || kind == DomainMethodKind.Cdan) Assert.True(accuracy > 0.9, $"{accuracy}");
        if (kind == DomainMethodKind.CdanE) Assert.True(accuracy > 0.8, $"{accuracy}");
        Assert.Equal(name, first.Recipe!.Adaptation.Method!.Name);
        Assert.Equal(kind == DomainMethodKind.Adda, Pictures.Snapshot(first.Model)["linear.weight"].SequenceEqual(Pictures.Snapshot(Start().Model)["linear.weight"]));
    }

    /// <summary>Neither more pictures of the target than of the source nor fewer, nor some that cannot be read.</summary>
    [Fact]
    public void Domains_have_any_number_of_pictures()
    {
        string source = Pictures.Folder(folder, "source", 4, Colours);
        foreach (int count in new[] { 2, 7, 40 })
        {
            using var classifier = Start();
            var pictures = Shifted(count);
            classifier.FineTune(LabelledImages.Open(source), null, Options(DomainMethodKind.Coral, pictures));
        }
        folder.Write("broken/0.ppm", Bright(0, 0));
        folder.Write("broken/1.ppm", Bright(1, 1));
        folder.Write("broken/2.ppm", [1, 2, 3]);
        var told = new List<string>();
        using var other = Start();
        other.FineTune(source, Options(DomainMethodKind.Coral, null) with
        {
            Adaptation = new AdaptationOptions { Method = DomainMethodKind.Coral, Target = folder["broken/x"][..^2] },
            Unreadable = problem => told.Add(problem.Message),
        });
        Assert.Contains("2.ppm", Assert.Single(told), StringComparison.Ordinal);
        folder.Write("ruined/0.ppm", [1]);
        folder.Write("ruined/1.ppm", [2]);
        var ruined = Assert.Throws<ImageException>(() => other.FineTune(source, Options(DomainMethodKind.Coral, null) with
        {
            Adaptation = new AdaptationOptions { Method = DomainMethodKind.Coral, Target = folder["ruined/x"][..^2] },
            Unreadable = static _ => { },
        }));
        Assert.Contains("none of the other pictures of the target", ruined.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_adapted_is_refused()
    {
        string source = Pictures.Folder(folder, "source", 4, Colours);
        var target = Target();
        Assert.Contains("learns from the target alone", Refusal(Options(DomainMethodKind.Tent, target)), StringComparison.Ordinal);
        Assert.Contains("give some", Refusal(Options(DomainMethodKind.Dann, null)), StringComparison.Ordinal);
        Assert.Contains("has 1 picture", Refusal(Options(DomainMethodKind.Dann, Shifted(1))), StringComparison.Ordinal);
        Assert.Contains("need a method", Refusal(new ImageFineTuneOptions { Adaptation = new AdaptationOptions { Target = source } }), StringComparison.Ordinal);
        Assert.Contains("has no threshold", Refusal(Options(DomainMethodKind.Dann, target) with { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Dann, Target = source, Threshold = 0.5 } }), StringComparison.Ordinal);
        Assert.Contains("has no teacher", Refusal(Options(DomainMethodKind.Dann, target) with { FeaturePenalty = 1 }), StringComparison.Ordinal);
        using var fresh = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        Assert.Contains("has learnt the source already", Assert.Throws<ArgumentException>(
            () => fresh.FineTune(LabelledImages.Open(source), null, Options(DomainMethodKind.Adda, target))).Message, StringComparison.Ordinal);
        var nowhere = Assert.Throws<ImageException>(() => fresh.FineTune(source, Options(DomainMethodKind.Dann, null) with
        {
            Adaptation = new AdaptationOptions { Method = DomainMethodKind.Dann, Target = folder["nowhere"] },
        }));
        Assert.Contains("there is no such folder", nowhere.Message, StringComparison.Ordinal);

        string Refusal(ImageFineTuneOptions options)
        {
            using var classifier = Start();
            return Assert.ThrowsAny<ArgumentException>(() => classifier.FineTune(LabelledImages.Open(source), null, options)).Message;
        }
    }

    /// <summary>The estimate knows no label of the target; nor does anything else that is told of it.</summary>
    [Fact]
    public void Domains_are_compared_without_labels_of_the_target()
    {
        using var classifier = Learnt();
        LabelledImages source = LabelledImages.Open(folder["train/x"][..^2]), held = LabelledImages.Open(Pictures.Folder(folder, "held", 8, Colours));
        var same = classifier.CompareDomains(source, held, held);
        var other = classifier.CompareDomains(source, held, Target());
        Assert.True(same.Distance < other.Distance && other.Distance > 1.5, $"{same.Distance}, {other.Distance}");
        Assert.InRange(same.Error!.Risk, -0.1, 0.1);
        Assert.Equal(classifier.Evaluate(held).Accuracy, 1 - same.Error.Weighted, 0.1);
    }

    private static byte[] Bright(int label, int number) => Changed(label, number, static value => value / 5 + 200);

    private static byte[] Dark(int label, int number) => Changed(label, number, static value => value / 4);

    private static byte[] Changed(int label, int number, Func<int, int> change)
    {
        byte[] bytes = Pictures.Ppm(label, number);
        int header = bytes.Length - 32 * 32 * 3;
        for (int i = header; i < bytes.Length; i++) bytes[i] = (byte)change(bytes[i]);
        return bytes;
    }

    private static float[] Weights(ImageClassifier classifier) => [.. classifier.Model.Parameters().SelectMany(static tensor => tensor.Value.ToArray())];

    private static ImageFineTuneOptions Options(DomainMethodKind? kind, IImageDataset? target, int epochs = 2) => new()
    {
        BatchSize = 12,
        Augmentation = TrainingAugmentation.None,
        Recipe = new FineTuneOptions { Epochs = epochs, LearningRate = 0.05, Seed = 1, BatchNorm = BatchNormPolicy.FollowFreezing, Strategy = FineTuneStrategy.Full },
        Adaptation = new AdaptationOptions { Method = kind, Pictures = target },
    };

    private LabelledImages Target(Func<int, int, byte[]>? draw = null)
    {
        for (int label = 0; label < Colours.Length; label++)
            for (int i = 0; i < 12; i++) folder.Write($"target/{Colours[label]}/{i:d3}.ppm", (draw ?? Bright)(label, 100 + i));
        return LabelledImages.Open(folder["target/x"][..^2]);
    }

    private ImageFiles Shifted(int count)
    {
        for (int i = 0; i < count; i++) folder.Write($"shifted{count}/{i}.ppm", Bright(i % 3, i));
        return new ImageFiles([.. Enumerable.Range(0, count).Select(i => folder[$"shifted{count}/{i}.ppm"])]);
    }

    /// <summary>A classifier that knows the source.</summary>
    private ImageClassifier Learnt()
    {
        string train = Pictures.Folder(folder, "train", 12, Colours);
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        classifier.FineTune(train, Options(null, null, epochs: 8));
        Assert.True(classifier.Evaluate(train).Accuracy > 0.95);
        return classifier;
    }

    private ImageClassifier Start()
    {
        string saved = folder["start/x"][..^2];
        if (!File.Exists(Path.Combine(saved, "config.json")))
        {
            using var learnt = Learnt();
            learnt.Save(saved);
        }
        return ImageClassifier.Load(saved, device);
    }

    private ImageClassifier Adapted(DomainMethodKind kind)
    {
        var classifier = Start();
        classifier.FineTune(LabelledImages.Open(folder["train/x"][..^2]), null, Options(kind, Target(Dark)));
        return classifier;
    }
}
