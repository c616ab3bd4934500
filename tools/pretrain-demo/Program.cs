using System.Globalization;
using Graft.CommandLine.Demo;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.PretrainDemo;

/// <summary>Makes the weights that <c>graft demo</c> starts from: draws the source task, trains a small ResNet on it and writes
/// the result with a note of how it was made. Two runs give the same bytes, on any number of threads.</summary>
internal static class Program
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

    public static int Main(string[] args)
    {
        if (args is not [var path] || path.StartsWith('-'))
        {
            Console.Error.WriteLine("pretrain-demo: give the file to write, such as tools/graft/Demo/source-task.safetensors");
            return 2;
        }
        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        };
        try
        {
            Pretrain(path, interrupt.Token);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("pretrain-demo: interrupted; nothing was written");
            return 130;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NonFiniteException)
        {
            Console.Error.WriteLine($"pretrain-demo: {exception.Message}");
            return 1;
        }
    }

    private static void Pretrain(string path, CancellationToken cancellation)
    {
        var task = new SourceTask();
        var training = task.DrawSet("training", TrainingPerClass, Seed, cancellation);
        var test = task.DrawSet("test", TestPerClass, Seed, cancellation);
        Console.Error.WriteLine($"{training.Count} training and {test.Count} test pictures of {task.Classes.Count} classes");

        using var classifier = DemoTraining.Begin(Device.Cpu, Seed);
        var report = DemoTraining.Train(classifier, training, BatchSize, Recipe, new EpochLines(), cancellation);
        var score = classifier.Evaluate(test, cancellation: cancellation);
        Console.Error.WriteLine($"{score.Correct} of {score.Examples} test pictures right after {report.Seconds:F0} s");

        classifier.Model.Save(path, new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["made_by"] = "tools/pretrain-demo",
            ["architecture"] = DemoTraining.Architecture,
            ["classes"] = string.Join(", ", task.Classes),
            ["seed"] = Text(Seed),
            ["training_pictures_per_class"] = Text(TrainingPerClass),
            ["epochs"] = Text(Recipe.Epochs),
            ["batch_size"] = Text(BatchSize),
            ["learning_rate"] = Text(Recipe.LearningRate),
            ["weight_decay"] = Text(Recipe.WeightDecay),
            ["test_accuracy"] = Text(score.Accuracy),
        });
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>A line for every epoch.</summary>
    private sealed class EpochLines : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Finished is not { } epoch) return;
            string time = $"{epoch.Seconds:F0} s, about {(value.Remaining ?? TimeSpan.Zero).TotalSeconds:F0} s left";
            Console.Error.WriteLine($"epoch {epoch.Epoch} of {value.Epochs}: loss {epoch.Loss:F3}, {time}");
        }
    }
}
