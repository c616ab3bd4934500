namespace Graft.Tasks;

/// <summary>What a comparison of arms runs and looks at.</summary>
public sealed record TransferComparisonOptions
{
    /// <summary>How many seeds each arm runs with; they count on from the recipe's.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>The arms. <see cref="TransferArm.Chosen"/>, or without it the first that begins with published weights, is what the verdict is of.</summary>
    public IReadOnlyList<TransferArm> Arms { get; init; } = TransferArm.Usual;

    /// <summary>The shares of the examples that the verdict's arm learns from beside all of them, each in (0, 1), to say how many it needs. A share that would leave a class
    /// with less than two examples is left out.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [0.125, 0.25, 0.5];

    /// <summary>How long each run may train; it ends with what it has learnt. Null for no bound but the epochs.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>How many of the test's examples with the highest loss are shown and explained.</summary>
    public int WorstExamples { get; init; } = 6;

    /// <summary>How many of the test's examples representations are compared on, at most.</summary>
    public int AlignmentExamples { get; init; } = 200;

    /// <summary>The level of intervals.</summary>
    public double Level { get; init; } = Graft.Transfer.TransferVerdict.UsualLevel;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Seeds);
        ArgumentNullException.ThrowIfNull(Arms);
        ArgumentNullException.ThrowIfNull(Shares);
        ArgumentOutOfRangeException.ThrowIfNegative(WorstExamples);
        ArgumentOutOfRangeException.ThrowIfLessThan(AlignmentExamples, 4);
        if (Arms.Count == 0) throw new ArgumentException("a comparison needs one arm at least");
        if (Arms.CountBy(static arm => arm.Name).FirstOrDefault(static one => one.Value > 1).Key is { } twice) throw new ArgumentException($"the arm '{twice}' is there twice");
        if (Shares.Any(static share => share is not (> 0 and < 1))) throw new ArgumentException("a share of the examples is in (0, 1)");
        if (!(Level > 0 && Level < 1)) throw new ArgumentException("the level of an interval is in (0, 1)");
    }
}
