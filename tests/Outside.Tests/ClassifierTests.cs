using System.Text;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.Outside.Tests;

/// <summary>The image classifier from a folder to answers, saved and loaded, with pictures from files, memory and streams.</summary>
public sealed class ClassifierTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("graft-outside-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void A_classifier_learns_is_saved_and_answers()
    {
        string pictures = Draw();
        using var classifier = ImageClassifier.FromScratch("cifar-resnet20", seed: 1);
        var told = new List<FitProgress>();
        var report = classifier.FineTune(
            pictures,
            new ImageFineTuneOptions { BatchSize = 8, Recipe = new FineTuneOptions { Epochs = 3, FrozenEpochs = 0, LearningRate = 0.02 } },
            new Listener(told.Add));
        Assert.Equal(report.Steps, told[^1].Step);
        Assert.Equal(["blue", "red"], classifier.ClassNames);
        Assert.Equal(1.0, classifier.Evaluate(pictures).Accuracy);

        string saved = Path.Combine(root, "saved"), file = Path.Combine(pictures, "red", "0.ppm");
        classifier.Save(saved);
        using var same = ImageClassifier.Load(saved);
        var expected = classifier.Predict(file);
        Assert.Equal("red", expected.Label);
        byte[] bytes = File.ReadAllBytes(file);
        using var stream = new MemoryStream(bytes);
        foreach (var answer in new[] { same.Predict(file), same.Predict(bytes), same.Predict(stream) }) Assert.Equal(expected.Classes, answer.Classes);
        Assert.Equal(classifier.Features([file]).Single(), same.Features([file]).Single());
    }

    [Fact]
    public void A_cancelled_fine_tuning_says_so_and_what_is_no_picture_is_refused()
    {
        string pictures = Draw();
        using var classifier = ImageClassifier.FromScratch("cifar-resnet20", seed: 1);
        using var ending = new CancellationTokenSource();
        var report = classifier.FineTune(
            pictures, new ImageFineTuneOptions { BatchSize = 8, Recipe = new FineTuneOptions { Epochs = 100 } },
            new Listener(progress => { if (progress.Step == 3) ending.Cancel(); }), ending.Token);
        Assert.True(report.Interrupted);
        Assert.Equal(3, report.Steps);
        var refused = Assert.Throws<ImageException>(() => classifier.Predict("no picture"u8.ToArray(), "upload"));
        Assert.StartsWith("upload: ", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Red pictures and blue ones.</summary>
    private string Draw()
    {
        string folder = Path.Combine(root, "pictures");
        byte[] header = Encoding.ASCII.GetBytes("P6 32 32 255\n");
        foreach (var (label, channel) in new[] { ("red", 0), ("blue", 2) })
        {
            Directory.CreateDirectory(Path.Combine(folder, label));
            for (int number = 0; number < 12; number++)
            {
                byte[] pixels = new byte[32 * 32 * 3];
                new Random(number).NextBytes(pixels);
                for (int i = channel; i < pixels.Length; i += 3) pixels[i] = 255;
                File.WriteAllBytes(Path.Combine(folder, label, $"{number}.ppm"), [.. header, .. pixels]);
            }
        }
        return folder;
    }

    private sealed class Listener(Action<FitProgress> tell) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => tell(value);
    }
}
