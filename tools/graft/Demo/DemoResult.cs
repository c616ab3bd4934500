using Graft.Transfer;

namespace Graft.CommandLine.Demo;

/// <summary>What the demo is to do. The defaults are the ones that were measured.</summary>
internal sealed record DemoOptions
{
    /// <summary>The seed of the first run; the others count on from it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Runs an arm, each with training pictures, initial weights and order of its own.</summary>
    public int Runs { get; init; } = 3;

    /// <summary>Training pictures a class.</summary>
    public int TrainingPerClass { get; init; } = 10;

    /// <summary>Test pictures a class; all runs share them.</summary>
    public int TestPerClass { get; init; } = 50;

    /// <summary>How often each arm sees every training picture.</summary>
    public int Epochs { get; init; } = 16;

    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Runs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TrainingPerClass, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TestPerClass, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
    }
}

/// <summary>What the demo found.</summary>
/// <param name="Arms">The three ways of training, in the order of the table.</param>
/// <param name="Classes">The classes that were learnt.</param>
/// <param name="TrainingExamples">Training pictures a run.</param>
/// <param name="TestExamples">Test pictures.</param>
/// <param name="Epochs">Epochs a run.</param>
/// <param name="Seconds">How long everything took.</param>
internal sealed record DemoResult(
    IReadOnlyList<DemoArm> Arms,
    IReadOnlyList<string> Classes,
    int TrainingExamples,
    int TestExamples,
    int Epochs,
    double Seconds)
{
    /// <summary>What the classes are called in a sentence.</summary>
    public string What { get; init; } = "classes";
}

/// <summary>What one way of training came to.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Accuracies">The share of the test pictures that each run got right, from 0 to 1.</param>
/// <param name="Seconds">How long a run trained, on average.</param>
/// <param name="TrainableParameters">The number of trainable elements in the end.</param>
internal sealed record DemoArm(string Name, IReadOnlyList<double> Accuracies, double Seconds, long TrainableParameters)
{
    /// <summary>The mean over the runs, from 0 to 1.</summary>
    public double AccuracyMean => Accuracies.Average();

    /// <summary>The sample deviation over the runs; 0 for one run.</summary>
    public double AccuracyStd => Accuracies.Count < 2
        ? 0
        : Math.Sqrt(Accuracies.Sum(accuracy => Math.Pow(accuracy - AccuracyMean, 2)) / (Accuracies.Count - 1));
}

/// <summary>The progress of the demo.</summary>
/// <param name="Arm">The arm's name.</param>
/// <param name="Run">The run of the arm, from 1.</param>
/// <param name="Runs">How many there are.</param>
/// <param name="Share">How much of all is done, from 0 to 1.</param>
/// <param name="Fit">The progress of the run.</param>
internal sealed record DemoProgress(string Arm, int Run, int Runs, double Share, FitProgress Fit);
