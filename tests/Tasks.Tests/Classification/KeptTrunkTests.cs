using Graft.Testing;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>A frozen trunk's outputs are kept from epoch to epoch, and no weight shows it.</summary>
public sealed class KeptTrunkTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("linear-probe", null, 5)]
    [InlineData("full", "layer3", 5)]
    [InlineData("full", "head", 1)]
    public void Pictures_make_the_same_weights(string strategy, string? freezeBelow, int batchSize)
    {
        string pictures = Pictures.Folder(folder, "train", perClass: 7, "a", "b"), weights = Pictures.Weights(folder);
        var options = new ImageFineTuneOptions
        {
            Recipe = new FineTuneOptions { Epochs = 3, FrozenEpochs = 0, Strategy = FineTuneStrategy.Named(strategy), FreezeBelow = freezeBelow, CacheFolder = folder["rows"] },
            BatchSize = batchSize,
            Augmentation = TrainingAugmentation.None,
        };
        AssertSame(pictures, weights, options, files: 1);
    }

    [Fact]
    public void A_few_views_are_kept_and_ever_new_ones_are_not()
    {
        string pictures = Pictures.Folder(folder, "train", perClass: 5, "a", "b"), weights = Pictures.Weights(folder);
        var options = new ImageFineTuneOptions
        {
            Recipe = new FineTuneOptions { Epochs = 4, FrozenEpochs = 0, Strategy = FineTuneStrategy.LinearProbe, CacheFolder = folder["rows"] },
            Augmentation = TrainingAugmentation.Cifar,
        };
        AssertSame(pictures, weights, options, files: 0);
        var varied = AssertSame(pictures, weights, options with { Views = 2 }, files: 2);
        var same = AssertSame(pictures, weights, options with { Views = 1 }, files: 2);
        Assert.NotEqual(varied["linear.weight"], same["linear.weight"]);
    }

    /// <summary>Published weights on photographs, in batches of several sizes.</summary>
    [Fact]
    public void A_published_network_makes_the_same_weights()
    {
        string model = RealData.RequirePublished("resnet18/model.onnx"), preprocess = RealData.RequirePublished("resnet18/preprocess.onnx");
        string source = RealData.Require("hymenoptera/val");
        foreach (string name in (string[])["ants", "bees"])
            foreach (string file in Directory.GetFiles(Path.Combine(source, name)).Order(StringComparer.Ordinal).Take(5))
                folder.Write($"few/{name}/{Path.GetFileName(file)}", File.ReadAllBytes(file));
        var options = new ImageFineTuneOptions
        {
            Recipe = new FineTuneOptions { Epochs = 2, FrozenEpochs = 0, Strategy = FineTuneStrategy.LinearProbe, CacheFolder = folder["rows"] },
            BatchSize = 4,
            Augmentation = TrainingAugmentation.None,
        };
        AssertSame(folder["few"], () => ImageClassifier.From(ImageModelSource.Onnx(model, preprocess)), options, files: 1);
    }

    private Dictionary<string, float[]> AssertSame(string pictures, string weights, ImageFineTuneOptions options, int files) =>
        AssertSame(pictures, () => ImageClassifier.FromPretrained(Pictures.Model, weights), options, files);

    private Dictionary<string, float[]> AssertSame(string pictures, Func<ImageClassifier> open, ImageFineTuneOptions options, int files)
    {
        var expected = Train(TrunkCacheMode.Off);
        foreach (var mode in (TrunkCacheMode[])[TrunkCacheMode.Memory, TrunkCacheMode.Disk, TrunkCacheMode.Disk])
        {
            var actual = Train(mode);
            Assert.Equal(expected.Keys, actual.Keys);
            foreach (var (name, values) in expected) Assert.Equal(values, actual[name]);
        }
        Assert.Equal(files, Directory.Exists(folder["rows"]) ? Directory.GetFiles(folder["rows"], "*.rows", SearchOption.AllDirectories).Length : 0);
        return expected;

        Dictionary<string, float[]> Train(TrunkCacheMode mode)
        {
            using var classifier = open();
            classifier.FineTune(pictures, options with { Recipe = options.Recipe with { Cache = mode } });
            return Pictures.Snapshot(classifier.Model);
        }
    }
}
