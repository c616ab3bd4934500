using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What a comparison of arms found: everything that its page and its JSON say.</summary>
public sealed record TransferReport
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Where its weights are from, as it was given.</summary>
    public required string Weights { get; init; }

    /// <summary>What is learnt: image-classification or text-classification.</summary>
    public required string Task { get; init; }

    /// <summary>Where the examples are from.</summary>
    public required string Data { get; init; }

    /// <summary>Where the test is from.</summary>
    public required string Test { get; init; }

    /// <summary>The classes.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>How many examples there are to learn from.</summary>
    public required int TrainingExamples { get; init; }

    /// <summary>How many examples the test has.</summary>
    public required int TestExamples { get; init; }

    /// <summary>The epochs of each run.</summary>
    public required int Epochs { get; init; }

    /// <summary>The seeds of the runs.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Where it was computed.</summary>
    public required string Device { get; init; }

    /// <summary>How long everything took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Whether it was worth it; null where no arm began with nothing, or none with published weights.</summary>
    public TransferVerdict? Verdict { get; init; }

    /// <summary>The arm that the verdict and what follows it are of.</summary>
    public required string VerdictArm { get; init; }

    /// <summary>What adapting to another domain did, beside the recipe without it; null where there is no such domain.</summary>
    public AdaptationVerdict? Adaptation { get; init; }

    /// <summary>The arms.</summary>
    public required IReadOnlyList<ArmReport> Arms { get; init; }

    /// <summary>How alike each stage's output before training is to each stage's after it, on the test; null where the model shows none.</summary>
    public AlignmentTable? Alignment { get; init; }

    /// <summary>How often the verdict's arm took each class for each, over all seeds.</summary>
    public required ConfusionMatrix Confusion { get; init; }

    /// <summary>Its probabilities beside what was right, first seed.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>The same after temperature scaling: each half of the test with the temperature of the other. Null where the test is too small to be halved.</summary>
    public ScaledCalibration? Scaled { get; init; }

    /// <summary>The examples of the test with the highest loss, first seed.</summary>
    public required IReadOnlyList<WorstExample> Worst { get; init; }

    /// <summary>What has to be known of the figures: what was left out and why.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>Whether adapting to a domain was worth it on the test, which is of that domain.</summary>
/// <param name="Method">How it was adapted: <c>dann</c>.</param>
/// <param name="BesideSource">The recipe beside the one without the target, by paired seeds.</param>
public sealed record AdaptationVerdict(string Method, TransferVerdict BesideSource)
{
    /// <summary>In a sentence: "dann helped by 12.4 ± 2.1 points beside the source alone", "dann: negative adaptation: worse by ...".</summary>
    public override string ToString()
    {
        string told = BesideSource.ToString().Replace("negative transfer", "negative adaptation", StringComparison.Ordinal);
        return $"{Method}{(BesideSource.Outcome == TransferOutcome.Helped ? "" : ":")} {told} beside the source alone";
    }
}

/// <summary>The calibration after temperature scaling.</summary>
/// <param name="Temperature">The mean of the two halves' temperatures.</param>
/// <param name="Calibration">The calibration with them.</param>
public sealed record ScaledCalibration(double Temperature, Calibration Calibration);

/// <summary>Linear centred kernel alignments of stages.</summary>
/// <param name="Stages">The stages' names, stem first.</param>
/// <param name="Values">The alignment of the row's stage before training with the column's after it, row by row.</param>
/// <param name="Examples">How many examples it was computed on.</param>
public sealed record AlignmentTable(IReadOnlyList<string> Stages, IReadOnlyList<IReadOnlyList<double>> Values, int Examples);
