using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class ImageRegressorTests
{
    private static readonly string[] Names = ["brightness", "contrast"];

    [Fact]
    public void It_learns_to_read_numbers_off_pictures_and_gives_the_same_bits_after_saving_and_loading()
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(2);
        var images = new InMemoryImages("grey", [.. Enumerable.Range(0, 32).Select(i => Grey(i * 8))]);
        var data = new ImageTargets(Names, images, [.. Enumerable.Range(0, 32).Select(i => new[] { i / 16f - 1, 1 - i / 16f })]);
        using var regressor = ImageRegressor.From(ImageModelSource.Scratch(Pictures.Model), device);
        var options = new ImageFineTuneOptions
        {
            BatchSize = 8,
            Augmentation = TrainingAugmentation.None,
            Recipe = new FineTuneOptions { Epochs = 8, LearningRate = 0.01, RateDecayPerStage = 1, ClipNorm = 1 },
        };
        var report = regressor.FineTune(data, null, options);
        Assert.Equal(Names, regressor.Labels);
        Assert.True(report.Epochs[^1].Loss < 0.5 * report.Epochs[0].Loss, $"{report.Epochs[0].Loss} to {report.Epochs[^1].Loss}");

        regressor.Save(folder.Path);
        using var loaded = ImageRegressor.Load(folder.Path, device);
        Assert.Equal(regressor.Predict(images).Select(answer => answer.Prediction), loaded.Predict(images).Select(answer => answer.Prediction));
        Assert.Equal(regressor.Evaluate(data), loaded.Evaluate(data));
        Assert.Contains("'problem_type' is regression", Assert.Throws<CheckpointException>(() => ImageClassifier.Load(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ImageTargets(Names, images, [.. Enumerable.Repeat(new[] { 1f }, 32)]));
    }

    private static RgbImage Grey(int value)
    {
        var image = new RgbImage(32, 32);
        image.Pixels.AsSpan().Fill((byte)value);
        return image;
    }
}
