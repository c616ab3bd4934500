using System.Diagnostics;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine.Demo;

/// <summary>The demo: one small task learnt three ways from the same pictures, with as many steps of the same batch
/// size. Nothing differs but what an arm starts from, what may learn, and the learning rates.</summary>
/// <remarks>Each arm's rate is the best of three or more that were tried for it, a factor of two to four apart, on other seeds
/// than the demo's; the batch size is the better of two for training from scratch.</remarks>
internal static class DemoRun
{
    private const int BatchSize = 10;

    /// <summary>The three arms, in the order of the table.</summary>
    private static readonly Arm[] Arms =
    [
        new("trained from scratch", Pretrained: false, epochs => new FineTuneOptions
        {
            FrozenEpochs = 0, Epochs = epochs, LearningRate = 0.025, RateDecayPerStage = 1,
        }),
        new("frozen trunk, new head", Pretrained: true, epochs => new FineTuneOptions
        {
            FrozenEpochs = 0, Epochs = epochs, LearningRate = 0.15, FreezeBelow = "head",
        }),
        new("fine-tuned, discriminative rates", Pretrained: true, epochs => new FineTuneOptions
        {
            FrozenEpochs = epochs / 6, Epochs = epochs - epochs / 6, LearningRate = 0.1, RateDecayPerStage = 2,
        }),
    ];

    /// <summary>The weights that the source task gave, out of this assembly.</summary>
    public static Checkpoint OpenSourceWeights()
    {
        const string Name = "source-task.safetensors";
        using var stream = typeof(DemoRun).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"this build carries no {Name}: run tools/pretrain-demo and build again");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Checkpoint.OpenResource(Name, bytes);
    }

    /// <summary>Draws the pictures, trains every arm as often as asked for and scores each run on the test pictures.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is impossible.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static DemoResult Run(
        DemoOptions options, Device device, IProgress<DemoProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);
        options.Validate();
        var clock = Stopwatch.StartNew();
        using var source = OpenSourceWeights();
        var task = new TargetTask();
        var test = task.DrawSet("test", options.TestPerClass, options.Seed, cancellation);
        var training = Enumerable.Range(0, options.Runs)
            .Select(run => task.DrawSet("training", options.TrainingPerClass, options.Seed + (ulong)run, cancellation)).ToArray();

        var results = new List<DemoArm>();
        foreach (var arm in Arms)
        {
            var accuracies = new List<double>();
            double seconds = 0;
            long learning = 0;
            for (int run = 0; run < options.Runs; run++)
            {
                ulong seed = options.Seed + (ulong)run;
                using var classifier = DemoTraining.Begin(device, seed, arm.Pretrained ? source : null);
                int done = results.Count * options.Runs + run;
                var listener = progress is null ? null : new Listener(fit => progress.Report(new DemoProgress(
                    arm.Name, run + 1, options.Runs, (done + (double)fit.Step / fit.Steps) / (Arms.Length * options.Runs), fit)));
                var recipe = arm.Recipe(options.Epochs) with { WeightDecay = 5e-4, Seed = seed };
                var report = DemoTraining.Train(classifier, training[run], BatchSize, recipe, listener, cancellation);
                seconds += report.Seconds / options.Runs;
                learning = report.TrainableParameters;
                accuracies.Add(classifier.Evaluate(test, cancellation: cancellation).Accuracy);
            }
            results.Add(new DemoArm(arm.Name, accuracies, seconds, learning));
        }
        return new DemoResult(results, task.Classes, training[0].Count, test.Count, options.Epochs, clock.Elapsed.TotalSeconds) { What = "letters" };
    }

    /// <summary>One way of training.</summary>
    private sealed record Arm(string Name, bool Pretrained, Func<int, FineTuneOptions> Recipe);
}
