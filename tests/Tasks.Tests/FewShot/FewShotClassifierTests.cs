using Graft.Tensors;

namespace Graft.Tasks.Tests;

public sealed class FewShotClassifierTests : IDisposable
{
    private static readonly string[] Colours = ["blue", "green", "red"];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(FewShotMetric.Cosine)]
    [InlineData(FewShotMetric.Euclidean)]
    public void Classes_are_learnt_from_a_picture_each_and_forgotten_again(FewShotMetric metric)
    {
        using var trunk = Trunk();
        var shots = new FewShotClassifier(trunk, metric);
        Assert.Contains("show some pictures first", Assert.Throws<InvalidOperationException>(() => shots.Predict(Picture(0, 1))).Message, StringComparison.Ordinal);
        for (int label = 0; label < Colours.Length; label++) shots.Learn(Colours[label], [Picture(label, 0)]);
        Assert.Equal(Colours, shots.ClassNames);
        for (int label = 0; label < Colours.Length; label++)
        {
            var answer = shots.Predict(Picture(label, 7));
            Assert.Equal(Colours[label], answer.Label);
            Assert.Equal(1, answer.Classes.Sum(static one => one.Probability), 1e-9);
        }
        // the mean of what was seen, whether at once or one after the other
        shots.Learn("red", [Picture(2, 1), Picture(2, 2)]);
        Assert.Equal(3, shots.ExamplesOf("red"));
        var once = new FewShotClassifier(trunk, metric);
        foreach (string colour in Colours.SkipLast(1)) once.Learn(colour, [Picture(Array.IndexOf(Colours, colour), 0)]);
        once.Learn("red", [Picture(2, 0), Picture(2, 1), Picture(2, 2)]);
        Assert.Equal(once.Predict(Picture(2, 9)).Probability, shots.Predict(Picture(2, 9)).Probability, 1e-5);

        string saved = folder["classes.safetensors"];
        shots.Save(saved);
        var same = FewShotClassifier.Load(saved, trunk);
        Assert.Equal((metric, 3), (same.Metric, same.ExamplesOf("red")));
        Assert.Equal(shots.Predict(Picture(1, 4)).Classes, same.Predict(Picture(1, 4)).Classes);
        Assert.True(same.Forget("red"));
        Assert.False(same.Forget("red"));
        Assert.Equal(["blue", "green"], same.ClassNames);
        Assert.Equal(3, shots.ClassNames.Count);
    }

    [Fact]
    public void What_cannot_be_learnt_changes_nothing()
    {
        using var trunk = Trunk();
        var shots = new FewShotClassifier(trunk);
        shots.Learn("blue", [Picture(0, 0)]);
        folder.Write("broken.ppm", [1, 2, 3]);
        Assert.Throws<ImageException>(() => shots.Learn("blue", [Picture(0, 1), folder["broken.ppm"]]));
        Assert.Equal(1, shots.ExamplesOf("blue"));
        Assert.Contains("no picture", Assert.Throws<ArgumentException>(() => shots.Learn("red", Array.Empty<string>())).Message, StringComparison.Ordinal);
        Assert.Throws<KeyNotFoundException>(() => shots.ExamplesOf("red"));
        Assert.Throws<CheckpointException>(() => FewShotClassifier.Load(Pictures.Weights(folder), trunk));
        string saved = folder["classes.safetensors"];
        shots.Save(saved);
        using var other = ImageClassifier.FromScratch("cifar-resnet32", device);
        Assert.Contains("give the trunk", Assert.Throws<CheckpointException>(() => FewShotClassifier.Load(saved, other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Threads_teach_and_ask_at_once()
    {
        using var trunk = Trunk();
        var shots = new FewShotClassifier(trunk);
        shots.Learn("blue", [Picture(0, 0)]);
        string[] files = [.. Enumerable.Range(0, 8).Select(i => Picture(i % 3, i))];
        await Task.WhenAll(files.Select((file, i) => Task.Run(() =>
        {
            shots.Learn(Colours[i % 3], [file]);
            _ = shots.Predict(file);
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(9, Colours.Sum(shots.ExamplesOf));
    }

    private string Picture(int label, int number)
    {
        string name = $"pictures/{label}-{number}.ppm";
        string path = folder[name];
        if (!File.Exists(path)) folder.Write(name, Pictures.Ppm(label, number));
        return path;
    }

    private ImageClassifier Trunk() => ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
}
