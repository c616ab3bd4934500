using Graft.CommandLine.Demo;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tools.Tests.Demo;

public class DemoRunTests
{
    private static readonly DemoOptions Small = new() { Runs = 1, TrainingPerClass = 4, TestPerClass = 5, Epochs = 2 };

    [Fact]
    public void The_embedded_weights_fit_the_architecture_and_know_the_source_task()
    {
        var task = new SourceTask();
        var model = ModelRegistry.Create(DemoTraining.Architecture, task.Classes.Count);
        using var weights = DemoRun.OpenSourceWeights();
        Assert.InRange(weights.ByteCount, 1, 2 << 20);
        Assert.Equal(DemoTraining.Architecture, weights.Metadata["architecture"]);
        Assert.Equal(string.Join(", ", task.Classes), weights.Metadata["classes"]);
        Assert.Empty(model.Load(weights).Replaced);

        double said = double.Parse(weights.Metadata["test_accuracy"], System.Globalization.CultureInfo.InvariantCulture);
        var classifier = DemoTraining.Begin(Device.Cpu, seed: 1, weights);
        var score = classifier.Evaluate(classifier.Match(task.DrawSet("test", perClass: 5, seed: 1), out _));
        Assert.Equal(said, score.Accuracy, tolerance: 0.1);
    }

    [Fact]
    public void A_small_run_gives_three_arms_and_tells_how_far_it_is()
    {
        var told = new List<DemoProgress>();
        var result = DemoRun.Run(Small, Device.Cpu, new Listener(told.Add));

        string[] names = ["trained from scratch", "frozen trunk, new head", "fine-tuned, discriminative rates"];
        Assert.Equal(names, result.Arms.Select(arm => arm.Name));
        Assert.Equal([269_722L, 650L, 269_722L], result.Arms.Select(arm => arm.TrainableParameters));
        Assert.Equal(40, result.TrainingExamples);
        Assert.Equal(50, result.TestExamples);
        foreach (var arm in result.Arms)
        {
            Assert.InRange(Assert.Single(arm.Accuracies), 0, 1);
            Assert.InRange(arm.Seconds, 0.001, result.Seconds);
            Assert.Equal(0, arm.AccuracyStd);
        }

        Assert.Equal(told.Select(step => step.Share).Order(), told.Select(step => step.Share));
        Assert.Equal(1, told[^1].Share, 1e-9);
        // the same budget: every arm made as many steps
        Assert.Single(told.GroupBy(step => step.Arm).Select(steps => steps.Count()).Distinct());
    }

    [Fact]
    public void Accuracies_depend_on_the_seed_and_not_on_threads()
    {
        using var one = new CpuDevice(threads: 1);
        using var two = new CpuDevice(threads: 2);
        var options = Small with { TrainingPerClass = 2, Epochs = 1 };
        Assert.Equal(
            DemoRun.Run(options, one).Arms.SelectMany(arm => arm.Accuracies),
            DemoRun.Run(options, two).Arms.SelectMany(arm => arm.Accuracies));
    }

    [Fact]
    public void Pretraining_twice_gives_the_same_file()
    {
        byte[] Pretrain(int threads)
        {
            using var device = new CpuDevice(threads);
            var task = new SourceTask();
            using var classifier = DemoTraining.Begin(device, seed: 3);
            var recipe = new FineTuneOptions { Epochs = 1, FrozenEpochs = 0, LearningRate = 0.1, Seed = 3 };
            DemoTraining.Train(classifier, task.DrawSet("training", perClass: 2, seed: 3), batchSize: 20, recipe);
            string path = Path.GetTempFileName();
            try
            {
                classifier.Model.Save(path);
                return File.ReadAllBytes(path);
            }
            finally
            {
                File.Delete(path);
            }
        }

        Assert.Equal(Pretrain(threads: 1), Pretrain(threads: 2));
    }

    [Fact]
    public void The_deviation_is_that_of_a_sample()
    {
        var arm = new DemoArm("any", [0.5, 0.6, 0.7], Seconds: 1, TrainableParameters: 1);
        Assert.Equal(0.6, arm.AccuracyMean, 1e-12);
        Assert.Equal(0.1, arm.AccuracyStd, 1e-12);
    }

    [Fact]
    public void It_stops_when_it_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        int steps = 0;
        var listener = new Listener(_ =>
        {
            if (++steps == 2) cancellation.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => DemoRun.Run(Small, Device.Cpu, listener, cancellation.Token));
        Assert.InRange(steps, 2, 3);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => DemoRun.Run(Small with { Runs = 0 }, Device.Cpu));
        Assert.Throws<ArgumentOutOfRangeException>(() => DemoRun.Run(Small with { Epochs = 0 }, Device.Cpu));
        Assert.Throws<ArgumentOutOfRangeException>(() => DemoRun.Run(Small with { TrainingPerClass = 0 }, Device.Cpu));
    }

    private sealed class Listener(Action<DemoProgress> tell) : IProgress<DemoProgress>
    {
        public void Report(DemoProgress value) => tell(value);
    }
}
