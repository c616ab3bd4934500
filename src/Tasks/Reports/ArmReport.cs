using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What an arm did.</summary>
public sealed record ArmReport
{
    /// <summary>The arm's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required string Description { get; init; }

    /// <summary>Its runs on all examples, a seed each.</summary>
    public required IReadOnlyList<ArmRun> Runs { get; init; }

    /// <summary>Its runs on shares of the examples.</summary>
    public IReadOnlyList<ArmRun> Fewer { get; init; } = [];

    /// <summary>How far each stage's weights went, first seed.</summary>
    public required IReadOnlyList<StageMovement> Movement { get; init; }

    /// <summary>How alike each stage's output is to what it was before training, on the test, first seed; empty where the model shows none.</summary>
    public IReadOnlyList<StageAlignment> Alignment { get; init; } = [];

    /// <summary>What became of the task that the weights were trained for; null where they have no head of it.</summary>
    public Forgetting? Forgetting { get; init; }

    /// <summary>The expected calibration error, first seed.</summary>
    public required double CalibrationError { get; init; }

    /// <summary>The mean accuracy over the seeds.</summary>
    public double Accuracy => Runs.Average(static run => run.Accuracy);

    /// <summary>The standard deviation of the accuracy over the seeds (of a sample); NaN for one seed.</summary>
    public double Spread => Deviation([.. Runs.Select(static run => run.Accuracy)]);

    /// <summary>The mean loss over the seeds.</summary>
    public double Loss => Runs.Average(static run => run.Loss);

    /// <summary>The mean time of a run's training, its evaluations included.</summary>
    public double Seconds => Runs.Average(static run => run.Seconds);

    /// <summary>The most memory of a run; null where the device does not say it.</summary>
    public long? PeakBytes => Runs.Max(static run => run.PeakBytes);

    internal static double Deviation(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        return values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }
}

/// <summary>One training of an arm.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Examples">How many examples it learnt from.</param>
/// <param name="Score">How it did on the test.</param>
/// <param name="Loss">Its mean loss on the test.</param>
/// <param name="Epochs">How it went.</param>
/// <param name="Steps">How many steps it made.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="PeakBytes">The most memory that the device held at the end of a step, what it keeps for later included; null where it does not say it.</param>
/// <param name="TrainableParameters">How many numbers learnt in the end.</param>
/// <param name="IsTimeUp">Whether the time limit ended it.</param>
public sealed record ArmRun(
    ulong Seed, int Examples, ArmScore Score, double Loss, IReadOnlyList<EpochReport> Epochs, int Steps, double Seconds, long? PeakBytes, long TrainableParameters, bool IsTimeUp)
{
    /// <summary>The share of the test that it got right.</summary>
    public double Accuracy => Score.Accuracy;

    /// <summary>The accuracy on the test after each epoch.</summary>
    public IReadOnlyList<double> Curve => [.. Epochs.Select(static epoch => epoch.Validation?.Accuracy ?? double.NaN)];
}

/// <summary>How alike a stage's output is to what it was.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Value">Linear centred kernel alignment, from 0 to 1.</param>
public sealed record StageAlignment(string Stage, double Value);

/// <summary>What became of the task that published weights were trained for: the old head on the trunk as it is now.</summary>
/// <param name="Agreement">The share of the test's examples for which it gives the answer that it gave before.</param>
/// <param name="Drift">How far its probabilities are from what they were: the mean total variation distance, from 0 to 1.</param>
/// <param name="Classes">How many classes that task has.</param>
/// <param name="AccuracyBefore">The accuracy on examples of that task before; null where there are none.</param>
/// <param name="AccuracyAfter">The accuracy on them now; null where there are none.</param>
public sealed record Forgetting(double Agreement, double Drift, int Classes, double? AccuracyBefore = null, double? AccuracyAfter = null);
