using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class ModelSoupTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Saved_models_are_averaged_and_the_soup_is_saved_as_one()
    {
        string a = Saved("a", seed: 1, "blue", "green"), b = Saved("b", seed: 2, "blue", "green");
        var (same, _) = ModelSoup.OfImages([a, a], device: device);
        using var original = ImageClassifier.Load(a, device);
        Assert.Equal(Pictures.Snapshot(original.Model), Pictures.Snapshot(same.Model));

        var (soup, report) = ModelSoup.OfImages([a, b], device: device);
        Assert.Equal([a, b], report.Used);
        Assert.Null(soup.Recipe);
        soup.Save(folder["soup/x"][..^2]);
        Assert.Contains("\"ingredients\": [\"a\", \"b\"]", File.ReadAllText(folder["soup/graft.json"]).Replace("\n", "", StringComparison.Ordinal).Replace("  ", "", StringComparison.Ordinal)
            .Replace("[\"a\",\"b\"]", "[\"a\", \"b\"]", StringComparison.Ordinal), StringComparison.Ordinal);
        using var loaded = ImageClassifier.Load(folder["soup/x"][..^2], device);
        Assert.Equal(Pictures.Snapshot(soup.Model), Pictures.Snapshot(loaded.Model));

        var (greedy, chosen) = ModelSoup.OfImages([a, b], classifier => classifier.Evaluate(folder["train/x"][..^2]).Accuracy, device);
        Assert.Equal(2, chosen.Scores.Count);
        Assert.True(chosen.Score >= chosen.Scores.Max());
        Assert.True(greedy.CanPredict);
    }

    [Fact]
    public void Models_of_other_labels_architectures_or_inputs_are_refused_by_name()
    {
        string a = Saved("a", 1, "blue", "green"), other = Saved("other", 1, "blue", "red"), more = Saved("more", 1, "blue", "green", "red");
        Assert.Contains("where one has the label 'green', the other has 'red'", Refused(a, other), StringComparison.Ordinal);
        Assert.Contains("one has 2 labels, the other 3", Refused(a, more), StringComparison.Ordinal);
        using var large = ImageClassifier.FromScratch("cifar-resnet32", device);
        large.FineTune(folder["train/x"][..^2], Short(1));
        large.Save(folder["large/x"][..^2]);
        Assert.Contains("one is of cifar-resnet20, the other of cifar-resnet32", Refused(a, folder["large/x"][..^2]), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ModelSoup.OfImages([a]));
    }

    private string Refused(params string[] folders) => Assert.Throws<ArgumentException>(() => ModelSoup.OfImages(folders, device: device)).Message;

    private string Saved(string name, ulong seed, params string[] classes)
    {
        if (Directory.Exists(folder["train"])) Directory.Delete(folder["train"], recursive: true);
        string train = Pictures.Folder(folder, "train", 6, classes), saved = folder[$"{name}/x"][..^2];
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        classifier.FineTune(train, Short(seed));
        classifier.Save(saved);
        return saved;
    }

    private static ImageFineTuneOptions Short(ulong seed) => new() { BatchSize = 4, Recipe = new FineTuneOptions { Epochs = 1, LearningRate = 0.05, Seed = seed } };
}
