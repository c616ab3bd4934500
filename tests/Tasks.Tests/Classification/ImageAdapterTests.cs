using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Adapters on the convolutions of an image classifier.</summary>
public sealed class ImageAdapterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("dora")]
    public void Convolutions_learn_beside_their_base(string name)
    {
        string train = Pictures.Folder(folder, "train", 8, "blue", "green"), weights = Pictures.Weights(folder), saved = folder["saved/x"][..^2];
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, weights, device);
        var options = new ImageFineTuneOptions
        {
            Recipe = new FineTuneOptions
            {
                Epochs = 2,
                RateDecayPerStage = 1,
                Adapter = new AdapterOptions { Kind = AdapterKind.All.Single(kind => kind.Name == name), Rank = 2, ModulesToSave = "bn1" },
            },
        };
        var report = classifier.FineTune(train, options);
        var adapters = classifier.Adapters!;
        Assert.Equal(adapters.AdapterParameters + adapters.SavedParameters, report.TrainableParameters);
        Assert.Contains("bn1", adapters.SavedModules);
        string picture = Directory.EnumerateFiles(train, "*", SearchOption.AllDirectories).First();
        var scores = Scores(classifier);
        classifier.Save(saved);
        using (var file = Checkpoint.Open(Path.Combine(saved, "adapter", "adapter_model.safetensors")))
            Assert.Contains(file.Tensors, static tensor => tensor.Key == "base_model.model.bn1.running_mean");
        using (var again = ImageClassifier.Load(saved, device)) Assert.Equal(scores, Scores(again));
        using (var onBase = ImageClassifier.From(ImageModelSource.Pretrained(Pictures.Model, weights).WithAdapter(saved), device))
        {
            Assert.Equal(["blue", "green"], onBase.Labels);
            Assert.Equal(scores, Scores(onBase));
        }
        classifier.MergeAdapters();
        foreach (var (before, after) in scores.Zip(Scores(classifier))) Assert.Equal(before, after, 1e-5);

        double[] Scores(ImageClassifier of) => [.. of.Predict(picture).Classes.Select(static one => (double)one.Probability)];
    }
}
