using Graft.Tensors;
using Graft.Testing;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

[Collection(nameof(ReportFixture))]
public sealed class TransferComparisonTests(ReportFixture reports)
{
    private readonly TemporaryFolder folder = reports.Folder;

    [Fact]
    public void Pictures_are_learnt_by_every_arm_and_looked_at()
    {
        var report = reports.Pictures;
        Assert.Equal(["scratch", "linear-probe", "recipe", "full"], report.Arms.Select(static arm => arm.Name));
        Assert.Equal(("image-classification", 24, 24, 2), (report.Task, report.TrainingExamples, report.TestExamples, report.Epochs));
        Assert.All(report.Arms, arm =>
        {
            Assert.Equal([7UL, 8], arm.Runs.Select(static run => run.Seed));
            Assert.All(arm.Runs, static run => Assert.Equal((2, 24), (run.Curve.Count, run.Examples)));
            Assert.All(arm.Runs, static run => Assert.True(run.PeakBytes > 0 && run.Seconds > 0));
            Assert.Equal(arm.Runs[0].Steps, report.Arms[0].Runs[0].Steps);
            Assert.InRange(arm.Accuracy, 0, 1);
        });
        var (scratch, probe, recipe, full) = (report.Arms[0], report.Arms[1], report.Arms[2], report.Arms[3]);
        // what is frozen has gone nowhere and shows what it showed
        Assert.All(probe.Movement.SkipLast(1), static stage => Assert.Equal(0, stage.Distance));
        Assert.True(probe.Movement[^1].Distance > 0);
        Assert.All(probe.Alignment, static stage => Assert.Equal(1, stage.Value, 1e-6));
        Assert.All(full.Movement, static stage => Assert.True(stage.Distance > 0));
        Assert.Equal((1.0, 0.0), (probe.Forgetting!.Agreement, probe.Forgetting.Drift));
        Assert.True(full.Forgetting!.Drift > 0);
        Assert.Null(scratch.Forgetting);
        Assert.Equal(4, recipe.Fewer.Count);
        Assert.Equal([6, 6, 12, 12], recipe.Fewer.Select(static run => run.Examples));
        Assert.Equal(2 * 24, report.Confusion.Examples);
        Assert.Equal(recipe.Accuracy, report.Confusion.Accuracy, 1e-9);
        Assert.Equal(24, report.Calibration.Examples);
        Assert.NotNull(report.Scaled);
        Assert.Equal(report.Alignment!.Stages.Count, report.Alignment.Values.Count);
        Assert.Equal(recipe.Alignment[0].Value, report.Alignment.Values[0][0]);
        Assert.NotNull(report.Verdict);
        Assert.Equal(3, report.Worst.Count);
        Assert.All(report.Worst, static worst => Assert.True(worst.Thumbnail is not null && worst.Overlay is not null && worst.Pieces.Count == 0));
        Assert.True(report.Worst[0].Loss >= report.Worst[^1].Loss);
        // an arm's run is the run that the task itself makes with its recipe
        var alone = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), reports.Device);
        var (training, test) = PicturesOf(folder);
        var same = alone.FineTune(training, test, Options with { Recipe = Options.Recipe with { FrozenEpochs = 1 } });
        Assert.Equal(same.Epochs[^1].Validation, recipe.Runs[0].Epochs[^1].Validation);
        Assert.Equal(same.Epochs[^1].Loss, recipe.Runs[0].Epochs[^1].Loss);
    }

    [Fact]
    public void Texts_are_learnt_by_every_arm_and_the_attention_is_rolled_out()
    {
        var report = reports.Texts;
        Assert.Equal(("text-classification", 3), (report.Task, report.Epochs));
        Assert.NotNull(report.Verdict);
        Assert.Equal(["embeddings", "layer0", "layer1"], report.Alignment!.Stages);
        Assert.Null(report.Arms[2].Forgetting);
        Assert.All(report.Worst, static worst =>
        {
            Assert.StartsWith("the ", string.Concat(worst.Pieces.Select(static piece => piece.Text)), StringComparison.Ordinal);
            Assert.Equal(1, worst.Pieces.Max(static piece => piece.Weight), 1e-9);
            Assert.Null(worst.Thumbnail);
        });
    }

    /// <summary>A classifier of moods learns what is spoken of: the moods that it then gives, with its old head, are others.</summary>
    [Fact]
    public void What_texts_were_told_apart_by_before_is_forgotten_or_not()
    {
        string moods = folder["moods"];
        using (var classifier = TextClassifier.FromPretrained(TinyEncoder.Write(folder["tiny-moods"])))
        {
            classifier.FineTune(Told(["bad", "good"], static row => row / 2 % 2), null, Taught(20));
            classifier.Save(moods);
        }
        var (training, test) = Told(["book", "film"], static row => row % 2).Split(0.4, seed: 0);
        var report = TransferComparison.Run(
            TextModelSource.FromFolder(moods, TextHead.SequenceClassification), training, test, Taught(6),
            new TransferComparisonOptions { Seeds = 1, WorstExamples = 1 }, sourceTest: Told(["bad", "good"], static row => row / 2 % 2), device: reports.Device);
        var (scratch, probe, recipe) = (report.Arms[0], report.Arms[1], report.Arms[2]);
        Assert.Null(scratch.Forgetting);
        Assert.Equal((1.0, 0.0, 2), (probe.Forgetting!.Agreement, probe.Forgetting.Drift, probe.Forgetting.Classes));
        Assert.Equal(probe.Forgetting.AccuracyBefore, probe.Forgetting.AccuracyAfter);
        Assert.True(probe.Forgetting.AccuracyBefore > 0.9, $"{probe.Forgetting.AccuracyBefore}");
        Assert.Equal(probe.Forgetting.AccuracyBefore, recipe.Forgetting!.AccuracyBefore);
        Assert.True(recipe.Forgetting.Drift > 0);
        Assert.InRange(recipe.Forgetting.AccuracyAfter!.Value, 0, recipe.Forgetting.AccuracyBefore!.Value);

        static LabelledTexts Told(string[] names, Func<int, int> label) => new(
            "told", names, [.. Enumerable.Range(0, 24).Select(static row => new TextExample($"the {(row % 2 == 1 ? "film" : "book")} is {(row / 2 % 2 == 1 ? "good" : "bad")}{(row % 3 == 0 ? " ." : "")}"))],
            [.. Enumerable.Range(0, 24).Select(label)]);

        static TextFineTuneOptions Taught(int epochs) => new()
        {
            BatchSize = 8,
            Recipe = new TextFineTuneOptions().Recipe with { Epochs = epochs, LearningRate = 5e-3, RateDecayPerStage = 1 },
        };
    }

    [Fact]
    public void What_adapting_to_a_target_did_is_told_beside_the_recipe_without_it()
    {
        var (training, test) = PicturesOf(folder);
        var source = ImageModelSource.Pretrained(Pictures.Model, Pictures.Weights(folder));
        var options = Options with { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Dann, Pictures = test } };
        var report = TransferComparison.Run(
            source, training, test, options, new TransferComparisonOptions { Seeds = 2, Arms = [TransferArm.Full, TransferArm.Chosen], Shares = [], WorstExamples = 1 }, device: reports.Device);
        Assert.Equal(["full", "recipe", "source-only"], report.Arms.Select(static arm => arm.Name));
        var (full, adapted, plain) = (report.Arms[0], report.Arms[1], report.Arms[2]);
        Assert.NotEqual(adapted.Runs[0].Epochs[^1].Loss, plain.Runs[0].Epochs[^1].Loss);
        // an arm of another way learns the source alone
        var alone = TransferComparison.Run(source, training, test, Options, new TransferComparisonOptions { Seeds = 2, Arms = [TransferArm.Full, TransferArm.Chosen], Shares = [] }, device: reports.Device);
        Assert.Equal(alone.Arms[0].Runs[0].Epochs[^1].Loss, full.Runs[0].Epochs[^1].Loss);
        Assert.Equal(alone.Arms[1].Runs[0].Epochs[^1].Loss, plain.Runs[0].Epochs[^1].Loss);
        Assert.Null(alone.Adaptation);
        var (method, beside) = report.Adaptation!;
        Assert.Equal("dann", method);
        Assert.Equal(adapted.Accuracy - plain.Accuracy, beside.Difference, 1e-9);
        Assert.Contains("Adaptation to the target: dann", ReportPage.Of(report), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TransferComparison.Run(source, training, test, Options, new TransferComparisonOptions { Arms = [TransferArm.Chosen, TransferArm.SourceOnly] }));
        var worse = new AdaptationVerdict("dann", beside with { Outcome = TransferOutcome.NegativeTransfer, Difference = -0.1, HalfWidth = 0.02 });
        Assert.Equal("dann: negative adaptation: worse by 10.0 ± 2.0 points beside the source alone", worse.ToString());
        var better = new AdaptationVerdict("dann", beside with { Outcome = TransferOutcome.Helped, Difference = 0.1, HalfWidth = 0.02, Saving = null });
        Assert.Equal("dann helped by 10.0 ± 2.0 points beside the source alone", better.ToString());
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        var (training, test) = PicturesOf(folder);
        var source = ImageModelSource.Scratch(Pictures.Model);
        Assert.Throws<ArgumentException>(() => TransferComparison.Run(source, training, test, Options, new TransferComparisonOptions { Arms = [] }));
        Assert.Throws<ArgumentException>(() => TransferComparison.Run(source, training, test, Options, new TransferComparisonOptions { Shares = [1] }));
        Assert.Throws<ArgumentException>(() => TransferComparison.Run(source, training, test, Options, new TransferComparisonOptions { Arms = [TransferArm.Full, TransferArm.Full] }));
        Assert.Throws<ArgumentException>(() => TransferArm.Named("ful"));
        Assert.Throws<OperationCanceledException>(() => TransferComparison.Run(source, training, test, Options, cancellation: new CancellationToken(canceled: true)));
        Assert.Equal("lp-ft", TransferArm.Named("lp-ft").Strategy!.Name);
    }

    internal static ImageFineTuneOptions Options { get; } = new() { BatchSize = 12, Recipe = new FineTuneOptions { Epochs = 1, Seed = 7 } };

    internal static TransferReport PictureReport(TemporaryFolder folder, Device device)
    {
        var (training, test) = PicturesOf(folder);
        return TransferComparison.Run(
            ImageModelSource.Pretrained(Pictures.Model, Pictures.Weights(folder)), training, test, Options,
            new TransferComparisonOptions { Seeds = 2, WorstExamples = 3, Shares = [0.25, 0.5] }, device: device);
    }

    internal static TransferReport TextReport(TemporaryFolder folder, Device device)
    {
        string[] words = ["good", "fine", "very good", "not bad", "bad", "awful", "very bad", "not good"];
        TextExample[] texts = [.. Enumerable.Range(0, 32).Select(row => new TextExample($"the {(row % 16 < 8 ? "film" : "book")} is {words[row % 8]} <b>&.", null, row + 2))];
        int[] classes = [.. Enumerable.Range(0, 32).Select(static row => row % 8 < 4 ? 1 : 0)];
        var all = new LabelledTexts("reviews.tsv", ["<bad>", "good & fine"], texts, classes);
        var (training, test) = all.Split(0.4, seed: 0);
        return TransferComparison.Run(
            TextModelSource.FromFolder(TinyEncoder.Write(folder["tiny"]), TextHead.SequenceClassification), training, test,
            new TextFineTuneOptions { Recipe = new TextFineTuneOptions().Recipe with { Epochs = 3 } },
            new TransferComparisonOptions { Seeds = 2, WorstExamples = 2, Shares = [0.5] }, device: device);
    }

    private static (LabelledImages Training, LabelledImages Test) PicturesOf(TemporaryFolder folder) =>
        (LabelledImages.Open(Pictures.Folder(folder, "train", 12, "blue & <b>", "red")),
            LabelledImages.Open(Pictures.Folder(folder, "test", 12, "blue & <b>", "red"), DataUse.Evaluation));
}
