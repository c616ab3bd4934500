using Graft.CommandLine;
using Graft.Tasks;

namespace Graft.Tools.Tests;

public sealed class SaveTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void A_folder_that_cannot_be_written_is_refused_before_training_and_leaves_nothing()
    {
        if (!File.Exists("/proc/self/status")) Assert.Skip("that file system is Linux's");
        GraftLine.Run([.. place.FineTune("x")[..8], "/proc/self/nowhere/model", "--epochs", "1"]).AssertFailed(2, "--out /proc/self/nowhere/model cannot be written");
        var folder = OutputFolder.Prepare(place.In("new", "below", "it"), 1000);
        Assert.Equal(place.In("new", "below", "it"), folder.Path);
        Assert.False(Directory.Exists(place.In("new")));
        Assert.Throws<WrongInputException>(() => OutputFolder.Prepare(place.In("large"), 1L << 50));
        Assert.False(Directory.Exists(place.In("large")));
    }

    [Fact]
    public void What_cannot_be_saved_where_it_should_be_is_saved_elsewhere()
    {
        using var classifier = ImageClassifier.FromScratch("cifar-resnet20");
        var folder = OutputFolder.Prepare(place.In("taken"), 1000);
        File.WriteAllText(place.In("taken"), "somebody was faster");
        var (saved, problem) = folder.Save(classifier.Save);
        Assert.NotEqual(place.In("taken"), saved);
        Assert.Contains("could not be written", problem, StringComparison.Ordinal);
        Assert.Contains(saved, problem, StringComparison.Ordinal);
        using var same = ImageClassifier.Load(saved);
        Directory.Delete(saved, recursive: true);
    }

    [Fact]
    public void An_epoch_that_was_interrupted_is_not_told_like_a_finished_one()
    {
        using var interrupt = new CancellationTokenSource();
        var lines = new List<string>();
        string train = place.Data;
        using var classifier = ImageClassifier.FromPretrained("cifar-resnet20", place.Weights);
        var options = new ImageFineTuneOptions { BatchSize = 4, Recipe = new() { Epochs = 2, FrozenEpochs = 0 } };
        var report = classifier.FineTune(train, options, new Stop(interrupt, at: 6), interrupt.Token);
        Assert.True(report.Interrupted);
        Assert.Equal([(4, 16, false), (2, 8, true)], report.Epochs.Select(epoch => (epoch.Steps, epoch.Examples, epoch.Interrupted)));
    }

    private sealed class Stop(CancellationTokenSource interrupt, int at) : IProgress<Graft.Transfer.FitProgress>
    {
        public void Report(Graft.Transfer.FitProgress value)
        {
            if (value.Step == at) interrupt.Cancel();
        }
    }
}
