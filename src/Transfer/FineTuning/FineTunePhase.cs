namespace Graft.Transfer;

/// <summary>A phase of a fine-tuning: some epochs in which some stages learn, each at its rate, under one schedule.</summary>
public sealed class FineTunePhase
{
    /// <summary>What reports call it: <c>head</c>, <c>all</c>, the name of a stage.</summary>
    public required string Name { get; init; }

    /// <summary>How many epochs it has; at least 1.</summary>
    public required int Epochs { get; init; }

    /// <summary>The stages that learn in it, from stem to head; the others keep their weights.</summary>
    public required IReadOnlyList<string> Stages { get; init; }

    /// <summary>What <see cref="FineTuneOptions.LearningRate"/> is multiplied by for the head's highest rate; above 0.</summary>
    public double RateFactor { get; init; } = 1;

    /// <summary>What the rate is divided by from a stage to the one below it; 1 for one rate everywhere.</summary>
    public double RateDecayPerStage { get; init; } = 1;

    /// <summary>The schedule of a phase of so many steps: one cycle, unless it is said otherwise.</summary>
    public Func<int, ISchedule> Schedule { get; init; } = static steps => new OneCycle(steps);

    /// <summary>The momentum, or beta1, in a phase of so many steps; null for that of the options.</summary>
    public Func<int, ISchedule>? Momentum { get; init; }

    internal void Validate(string strategy)
    {
        if (Epochs < 1) throw new ArgumentException($"the phase '{Name}' of {strategy} has {Epochs} epochs: give a phase one at least, or leave it out");
        if (Stages is not { Count: > 0 }) throw new ArgumentException($"in the phase '{Name}' of {strategy} no stage learns: name one at least");
        if (!(RateFactor > 0 && double.IsFinite(RateFactor)))
            throw new ArgumentException(FormattableString.Invariant($"the phase '{Name}' of {strategy} has the rate factor {RateFactor}: a factor is above 0 and finite"));
        ArgumentNullException.ThrowIfNull(Schedule);
    }
}
