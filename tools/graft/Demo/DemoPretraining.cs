using System.Globalization;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine.Demo;

/// <summary>Makes the weights that <c>graft demo</c> starts from: draws the source task, trains a small ResNet on it and writes the result
/// with a note of how it was made. Two runs give the same bytes, on any number of threads.</summary>
public static class DemoPretraining
{
    private const ulong Seed = 1;
    private const int TrainingPerClass = 400;
    private const int TestPerClass = 100;
    private const int BatchSize = 64;

    private static readonly FineTuneOptions Recipe = new()
    {
        FrozenEpochs = 0,
        Epochs = 8,
        LearningRate = 0.1,
        RateDecayPerStage = 1,
        WeightDecay = 5e-4,
        Seed = Seed,
    };

    /// <summary>Draws the pictures, trains on them and writes the weights.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="log">Reports the pictures, each epoch and the result, a line each.</param>
    /// <param name="cancellation">Ends the work; then nothing is written.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(string path, TextWriter log, CancellationToken cancellation)
    {
        var task = new SourceTask();
        var training = task.DrawSet("training", TrainingPerClass, Seed, cancellation);
        var test = task.DrawSet("test", TestPerClass, Seed, cancellation);
        log.WriteLine($"{training.Count} training and {test.Count} test pictures of {task.Classes.Count} classes");

        using var classifier = DemoTraining.Begin(Device.Cpu, Seed);
        var report = DemoTraining.Train(classifier, training, BatchSize, Recipe, new EpochLines(log), cancellation);
        var score = classifier.Evaluate(test, cancellation: cancellation);
        log.WriteLine($"{score.Correct} of {score.Examples} test pictures right after {report.Seconds:F0} s");

        classifier.Model.Save(path, new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["made_by"] = "tools/pretrain-demo",
            ["architecture"] = DemoTraining.Architecture,
            ["classes"] = string.Join(", ", task.Classes),
            ["seed"] = Text(Seed),
            ["training_pictures_per_class"] = Text(TrainingPerClass),
            ["epochs"] = Text(Recipe.Epochs ?? FineTuneOptions.UsualEpochs),
            ["batch_size"] = Text(BatchSize),
            ["learning_rate"] = Text(Recipe.LearningRate ?? FineTuneOptions.UsualLearningRate),
            ["weight_decay"] = Text(Recipe.WeightDecay),
            ["test_accuracy"] = Text(score.Accuracy),
        });
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>A line for every epoch.</summary>
    private sealed class EpochLines(TextWriter log) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Finished is not { } epoch) return;
            string time = $"{epoch.Seconds:F0} s, about {(value.Remaining ?? TimeSpan.Zero).TotalSeconds:F0} s left";
            log.WriteLine($"epoch {epoch.Epoch} of {value.Epochs}: loss {epoch.Loss:F3}, {time}");
        }
    }
}
