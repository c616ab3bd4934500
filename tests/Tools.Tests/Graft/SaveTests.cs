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
    public void A_file_is_tried_out_before_the_work_and_saved_elsewhere_where_it_cannot_be_after_all()
    {
        string taken = place.In("no-folder");
        var file = OutputFile.Prepare("--out", place.In("no-folder", "below", "x.txt"), 1000);
        Assert.False(Directory.Exists(taken));
        File.WriteAllText(taken, "somebody was faster");
        var (saved, problem) = file.Save(path => File.WriteAllText(path, "learnt"));
        Assert.EndsWith(".txt", saved, StringComparison.Ordinal);
        Assert.Contains($"so it is saved in {saved}", problem, StringComparison.Ordinal);
        Assert.Equal("learnt", File.ReadAllText(saved));
        File.Delete(saved);
        Assert.Contains("cannot be written", Assert.Throws<WrongInputException>(() => OutputFile.Prepare("--out", place.In("no-folder", "x.txt"))).Message, StringComparison.Ordinal);
        Assert.Contains("MB are needed", Assert.Throws<WrongInputException>(() => OutputFile.Prepare("--out", place.In("x.txt"), 1L << 50)).Message, StringComparison.Ordinal);

        var made = OutputFile.Prepare("--out", place.In("made", "x.txt"));
        Assert.Equal((made.Path, null), made.Save(path => File.WriteAllText(path, "learnt")));
        Assert.Equal("learnt", File.ReadAllText(made.Path));
    }

    [Fact]
    public void A_training_that_fails_keeps_what_it_learnt_before()
    {
        using var classifier = ImageClassifier.FromScratch("cifar-resnet20");
        var folder = OutputFolder.Prepare(place.In("kept"), 1000);
        var failed = Assert.Throws<WorkFailedException>(() => SavePlace.Learn<int>(folder, () => classifier.Model, classifier.Save, static () => throw new IOException("the disk is gone"), static () => 3));
        Assert.Contains($"the disk is gone; what was learnt in 3 steps before is saved in {folder.Path}", failed.Message, StringComparison.Ordinal);
        using (ImageClassifier.Load(folder.Path))
        {
        }
        foreach (var (place, steps) in new[] { ((SavePlace?)null, 3L), (folder, 0) })
        {
            failed = Assert.Throws<WorkFailedException>(() => SavePlace.Learn<int>(place, () => classifier.Model, classifier.Save, static () => throw new IOException("the disk is gone"), () => steps));
            Assert.Contains("nothing was saved", failed.Message, StringComparison.Ordinal);
        }
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
