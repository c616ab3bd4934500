using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class ImageMetaLearningTests : IDisposable
{
    private const string Network = "conv4-28";
    private const int Side = 28, PicturesOfClass = 6;

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public static TheoryData<string> Methods => [.. MetaLearningKind.All.Select(static kind => kind.Name)];

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Classes_that_were_never_seen_are_learnt_from_a_picture_each(string name)
    {
        var (train, held) = Patterns(16).SplitClasses(4, seed: 3);
        using var learning = Start();
        var options = new ImageMetaLearningOptions { Method = MetaLearningKind.Named(name), Ways = 3, Queries = 2, Episodes = 21, Tests = 2, TasksPerStep = 2, Seed = 4 };
        // a step of 0.4 wants a network that has learnt to take it, for which there is no time here
        if (options.Method.Inner is not null) options = options with { Inner = new InnerLoop { Rate = 0.05, Steps = 5 } };
        var report = learning.Train(train, options, held);
        Assert.Equal(21, report.Steps);
        // in parts of as many each
        Assert.Single(report.Epochs);
        Assert.True(report.Epochs[0].Validation!.Accuracy > 1.0 / 3);
        var found = learning.Evaluate(held, 3, 1, queries: 3, episodes: 12, seed: 8);
        Assert.Equal((12, 3, 1), (found.Episodes, found.Ways, found.Shots));
        Assert.True(found.Mean > 0.8, $"{found}");
        Assert.Equal(found, learning.Evaluate(held, 3, 1, queries: 3, episodes: 12, seed: 8));
        using var again = Start();
        again.Train(train, options);
        Assert.Equal(Pictures.Snapshot(learning.Model)["block1.0.weight"], Pictures.Snapshot(again.Model)["block1.0.weight"]);

        // the trunk goes on as any other does
        string saved = folder["trunk.safetensors"];
        learning.Save(saved);
        using var trunk = ImageClassifier.FromPretrained(Network, saved, device);
        Assert.Equal(options.Method.Inner is not null && options.Method != MetaLearningKind.ZeroHeadMaml, trunk.CanPredict);
        var shots = new FewShotClassifier(trunk, FewShotMetric.Euclidean);
        for (int label = 0; label < held.ClassNames.Count; label++) shots.Learn(held.ClassNames[label], held.Of(label).OfEachClass(2, seed: 0));
        int right = shots.Predict(held).Zip(Enumerable.Range(0, held.Count)).Count(one => one.First.Prediction.Label == held.ClassNames[held.Label(one.Second)]);
        Assert.True(right > 0.8 * held.Count, $"{right} of {held.Count}");
    }

    [Fact]
    public void What_cannot_be_learnt_or_asked_is_said_before_it_begins()
    {
        var (train, held) = Patterns(6).SplitClasses(2, seed: 3);
        using var learning = Start();
        var options = new ImageMetaLearningOptions { Ways = 3, Queries = 2, Episodes = 2 };
        Assert.Contains("train it first", Assert.Throws<InvalidOperationException>(() => learning.Evaluate(held, 2, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("an episode has 5", Throws(train, options with { Ways = 5 }), StringComparison.Ordinal);
        Assert.Contains("have 8 examples or more", Throws(train, options with { Shots = 6 }), StringComparison.Ordinal);
        // two classes are asked about where there are no more, unless steps have to end in as many as they began with
        Assert.Equal(2, learning.Train(train, options, held).Steps);
        Assert.Contains("2 of 2 classes", Throws(train, options with { Method = MetaLearningKind.Maml }, held), StringComparison.Ordinal);
        Assert.Contains("2 of 2 classes", Throws(train, options with { Method = MetaLearningKind.ZeroHeadMaml }, held), StringComparison.Ordinal);
        Assert.Contains("makes no steps", Throws(train, options with { TestSteps = 2 }), StringComparison.Ordinal);
        learning.Train(train, options with { Method = MetaLearningKind.Anil });
        Assert.Contains("as many as it learnt with", Assert.Throws<ArgumentException>(() => learning.Evaluate(train, 2, 1, queries: 2, episodes: 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => train.SplitClasses(4, seed: 0));

        string Throws(LabelledImages pictures, ImageMetaLearningOptions how, LabelledImages? test = null) =>
            Assert.ThrowsAny<ArgumentException>(() => learning.Train(pictures, how, test)).Message;
    }

    [Fact]
    public void A_picture_that_cannot_be_read_is_left_out_where_it_is_reported()
    {
        for (int label = 0; label < 3; label++)
            for (int number = 0; number < 3; number++) folder.Write($"data/{label}/{number}.ppm", Ppm(Pattern(label, number)));
        folder.Write("data/0/broken.ppm", [1, 2, 3]);
        var pictures = LabelledImages.Open(folder["data"]);
        var options = new ImageMetaLearningOptions { Ways = 2, Queries = 1, Episodes = 2 };
        using var learning = Start();
        Assert.Contains("broken", Assert.Throws<ImageException>(() => learning.Train(pictures, options)).Message, StringComparison.Ordinal);
        var told = new List<ImageException>();
        Assert.Equal(2, learning.Train(pictures, options with { Unreadable = told.Add }).Steps);
        Assert.Single(told);
    }

    [Fact]
    public void Drawings_are_turned_slanted_and_moved_a_little()
    {
        var image = new RgbImage(Side, Side);
        for (int y = 10; y < 18; y++) image.Row(y).Slice(30, 24).Fill(200);
        var jitter = new AffineJitter(seed: 5);
        var first = jitter.Apply(image, 3, 1);
        Assert.Equal(first.Pixels, jitter.Apply(image, 3, 1).Pixels);
        Assert.NotEqual(first.Pixels, jitter.Apply(image, 3, 2).Pixels);
        Assert.NotEqual(first.Pixels, jitter.Apply(image, 4, 1).Pixels);
        for (ulong round = 0; round < 50; round++)
        {
            byte[] varied = jitter.Apply(image, 0, round).Pixels;
            // as much ink as scales allow, about where it was, and no darker or lighter than it was
            double ink = varied.Sum(static value => (double)value) / image.Pixels.Sum(static value => (double)value);
            Assert.InRange(ink, 0.7, 1.45);
            Assert.InRange(varied.Max(), 150, 200);
            double middle = varied.Index().Sum(static one => one.Item * (double)(one.Index / 3 / Side)) / varied.Sum(static value => (double)value);
            Assert.InRange(middle, 10.5, 16.5);
        }
    }

    private ImageMetaLearning Start() => new(ImageModelSource.Scratch(Network, seed: 1), device);

    private static LabelledImages Patterns(int classes) => new(
        "patterns", [.. Enumerable.Range(0, classes).Select(static label => $"pattern {label}")],
        new InMemoryImages("patterns", [.. Enumerable.Range(0, classes * PicturesOfClass).Select(static place => Pattern(place / PicturesOfClass, place % PicturesOfClass))]),
        [.. Enumerable.Range(0, classes * PicturesOfClass).Select(static place => place / PicturesOfClass)]);

    /// <summary>Squares of chance that are a class's own, with some noise.</summary>
    private static RgbImage Pattern(int label, int number)
    {
        RandomStream own = new(17, "pattern"), noise = new(17, "noise");
        var image = new RgbImage(Side, Side);
        for (int y = 0; y < Side; y++)
            for (int x = 0; x < Side; x++)
            {
                double level = own.Uniform((ulong)(y / 7 * 4 + x / 7), (ulong)label), change = noise.Uniform((ulong)(y * Side + x), (ulong)(label * PicturesOfClass + number)) - 0.5;
                image.Row(y).Slice(3 * x, 3).Fill((byte)Math.Clamp(255 * (level + 0.2 * change), 0, 255));
            }
        return image;
    }

    private static byte[] Ppm(RgbImage image) => [.. System.Text.Encoding.ASCII.GetBytes($"P6 {Side} {Side} 255\n"), .. image.Pixels];
}
