using System.Diagnostics;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine.Demo;

/// <summary>The demo on photographs: the classes of a folder learnt three ways, with the residual network that ML.NET's package brings, which was
/// trained on ImageNet.</summary>
internal static class PhotoRun
{
    /// <summary>The published network, by its name in the registry.</summary>
    public const string Network = "mlnet-resnet18";

    private const double HeldOut = 0.4;

    private static readonly string[] TestNames = ["val", "test", "valid", "validation"];

    private static readonly (string Name, bool IsPretrained, Func<ImageModel, ImageFineTuneOptions, ImageFineTuneOptions> Recipe)[] Arms =
    [
        ("trained from scratch", false, static (_, options) => Of(options, options.Recipe with { FrozenEpochs = 0, Epochs = EpochsOf(options), RateDecayPerStage = 1 })),
        ("frozen trunk, new head", true, static (model, options) => Of(options, options.Recipe with { FrozenEpochs = 0, Epochs = EpochsOf(options), FreezeBelow = model.Stages[^1].Name })),
        ("fine-tuned, default recipe", true, static (_, options) => options),
    ];

    /// <summary>Learns a folder of photographs: its sub-folders <c>train</c> and <c>val</c>, or the classes in it, of which a part is kept for the test.</summary>
    /// <exception cref="ImageException">The folder cannot be used.</exception>
    public static DemoResult Run(
        string folder, DemoOptions options, Device device, IProgress<DemoProgress>? progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var (training, test) = Open(folder);
        var arms = new List<DemoArm>();
        foreach (var (name, isPretrained, recipe) in Arms)
        {
            var accuracies = new List<double>();
            double seconds = 0;
            long learning = 0;
            for (int run = 0; run < options.Runs; run++)
            {
                ulong seed = options.Seed + (ulong)run;
                var source = ImageModelSource.Open(Network, new ImageModelOptions { Seed = seed });
                using var classifier = ImageClassifier.From(isPretrained ? source : source.FromScratch(seed), device);
                var how = new ImageFineTuneOptions();
                how = recipe(classifier.Model, how with { Recipe = how.Recipe with { Seed = seed } });
                int done = arms.Count * options.Runs + run;
                var report = classifier.FineTune(training, null, how, progress is null ? null : new Listener(fit => progress.Report(new DemoProgress(
                    name, run + 1, options.Runs, (done + (double)fit.Step / fit.Steps) / (Arms.Length * options.Runs), fit))), cancellation);
                cancellation.ThrowIfCancellationRequested();
                seconds += report.Seconds / options.Runs;
                learning = report.TrainableParameters;
                accuracies.Add(classifier.Evaluate(test, cancellation: cancellation).Accuracy);
            }
            arms.Add(new DemoArm(name, accuracies, seconds, learning));
        }
        return new DemoResult(arms, training.ClassNames, training.Count, test.Count, EpochsOf(new ImageFineTuneOptions()), clock.Elapsed.TotalSeconds);
    }

    private static (LabelledImages Training, LabelledImages Test) Open(string folder)
    {
        string train = Path.Combine(folder, "train");
        if (!Directory.Exists(train))
        {
            var (kept, held) = LabelledImages.OpenForTraining(folder, new ImageFineTuneOptions { HeldOut = HeldOut }, null, null);
            return (kept, held is { Count: > 0 } ? held : throw new WrongInputException($"--photos {Printable.Whole(folder)} has too few pictures to keep some for the test"));
        }
        string test = TestNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(Directory.Exists)
            ?? throw new WrongInputException($"--photos {Printable.Whole(folder)} has a folder train and none of {string.Join(", ", TestNames)} to test on");
        var (training, validation) = LabelledImages.OpenForTraining(train, new ImageFineTuneOptions { Validation = test }, null, null);
        return (training, validation!);
    }

    /// <summary>As many as the default recipe of a pretrained model: the frozen one and the others.</summary>
    private static int EpochsOf(ImageFineTuneOptions options) => (options.Recipe.Epochs ?? FineTuneOptions.UsualEpochs) + 1;

    private static ImageFineTuneOptions Of(ImageFineTuneOptions options, FineTuneOptions recipe) => options with { Recipe = recipe };
}
