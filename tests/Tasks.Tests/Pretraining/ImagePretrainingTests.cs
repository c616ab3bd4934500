using Graft.Tensors;
using Graft.Testing;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class ImagePretrainingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    // of the last one's trunks, vision transformers, none is small enough by name
    public static TheoryData<string> Methods => [.. PretrainingMethodKind.All.Except([PretrainingMethodKind.MaskedAutoencoder]).Select(static kind => kind.Name)];

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_trunk_learns_from_views_and_is_saved_for_a_fine_tuning(string name)
    {
        var pictures = Scenes(24);
        var options = new ImagePretrainingOptions { Method = PretrainingMethodKind.Named(name), Epochs = 4, BatchSize = 12, Seed = 2 };
        using var pretraining = Start();
        var before = Pictures.Snapshot(pretraining.Model);
        var report = pretraining.Train(pictures, options);
        Assert.Equal(8, report.Steps);
        Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss, $"{report.Epochs[0].Loss} became {report.Epochs[^1].Loss}");
        var after = Pictures.Snapshot(pretraining.Model);
        Assert.NotEqual(before["conv1.weight"], after["conv1.weight"]);
        Assert.Equal(before["linear.weight"], after["linear.weight"]);
        using var again = Start();
        again.Train(pictures, options);
        Assert.Equal(after["conv1.weight"], Pictures.Snapshot(again.Model)["conv1.weight"]);

        string saved = folder["trunk.safetensors"];
        pretraining.Save(saved);
        using (var file = Checkpoint.Open(saved)) Assert.DoesNotContain(file.Tensors, static tensor => tensor.Key.StartsWith("linear", StringComparison.Ordinal));
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, saved, device);
        Assert.False(classifier.CanPredict);
        Assert.Equal(after["conv1.weight"], Pictures.Snapshot(classifier.Model)["conv1.weight"]);
        classifier.FineTune(Pictures.Folder(folder, "train", 4, "blue", "green"), epochs: 1);
        Assert.True(classifier.CanPredict);
    }

    [Fact]
    public void A_vision_transformer_learns_from_a_quarter_of_its_pictures()
    {
        string config = RealData.Require("hf-goldens/vit-imgcls");
        using var pretraining = new ImagePretraining(ImageModelSource.FromFolder(config, new ImagePreprocessing { ResizeTo = new ImageSize(32, 32) }).FromScratch(seed: 3), device);
        var options = new ImagePretrainingOptions { Method = PretrainingMethodKind.MaskedAutoencoder, Epochs = 6, BatchSize = 12, Seed = 2 };
        var report = pretraining.Train(Scenes(24), options);
        Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss, $"{report.Epochs[0].Loss} became {report.Epochs[^1].Loss}");
        pretraining.Save(folder["trunk.safetensors"]);
        Assert.True(File.Exists(folder["trunk.safetensors"]));
        using var convolution = Start();
        Assert.Contains("vision transformers", Assert.Throws<ArgumentException>(() => convolution.Train(Scenes(4), options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_with_a_slow_copy_that_is_broken_off_goes_on_as_it_would_have()
    {
        var pictures = Scenes(24);
        var options = new ImagePretrainingOptions { Method = PretrainingMethodKind.Byol, Epochs = 3, BatchSize = 8, Seed = 5 };
        using var whole = Start();
        whole.Train(pictures, options);
        var kept = options with { Run = new RunOptions { Checkpoints = new TrainingCheckpoints(folder["kept"]) { EverySteps = 1, Resume = true } } };
        using (var stop = new CancellationTokenSource())
        {
            using var broken = Start();
            Assert.True(broken.Train(pictures, kept, new StopAfter(4, stop), stop.Token).Interrupted);
        }
        using var resumed = Start();
        Assert.Equal(4, resumed.Train(pictures, kept).ResumedFrom);
        var expected = Pictures.Snapshot(whole.Model);
        foreach (var (name, values) in Pictures.Snapshot(resumed.Model)) Assert.Equal(expected[name], values);
    }

    [Fact]
    public void What_cannot_be_learnt_from_is_refused_or_left_out()
    {
        using var pretraining = Start();
        Assert.Contains("is one picture", Assert.Throws<ArgumentException>(() => pretraining.Train(Scenes(1), new ImagePretrainingOptions())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => pretraining.Train(Scenes(4), new ImagePretrainingOptions { BatchSize = 1 }));
        Assert.Contains("nearest: ", Assert.Throws<ArgumentException>(static () => PretrainingMethodKind.Named("simcl")).Message, StringComparison.Ordinal);
        folder.Write("scenes5/broken.ppm", [1]);
        var five = Scenes(5);
        var files = new ImageFiles([.. Enumerable.Range(0, 5).Select(five.Name), folder["scenes5/broken.ppm"]]);
        Assert.Throws<ImageException>(() => pretraining.Train(files, new ImagePretrainingOptions { Epochs = 1 }));
        var told = new List<string>();
        pretraining.Train(files, new ImagePretrainingOptions { Epochs = 1, Unreadable = problem => told.Add(problem.Message) });
        Assert.Contains("broken.ppm", Assert.Single(told), StringComparison.Ordinal);
    }

    private sealed class StopAfter(int steps, CancellationTokenSource stop) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Step >= steps) stop.Cancel();
        }
    }

    private ImageFiles Scenes(int count)
    {
        for (int i = 0; i < count; i++) folder.Write($"scenes{count}/{i}.ppm", Pictures.Ppm(i % 3, i));
        return new ImageFiles([.. Enumerable.Range(0, count).Select(i => folder[$"scenes{count}/{i}.ppm"])]);
    }

    private ImagePretraining Start() => new(ImageModelSource.Scratch(Pictures.Model, seed: 1), device);
}
