namespace Graft.Transfer;

/// <summary>How a run is kept and watched. What is learnt does not depend on it, and a saved recipe does not have it.</summary>
public sealed record RunOptions
{
    /// <summary>Where the run is kept while it trains, so that it can go on after an interruption; null for nowhere.</summary>
    public TrainingCheckpoints? Checkpoints { get; init; }

    /// <summary>What watches the training: logs, event files, observers of the caller's.</summary>
    public IReadOnlyList<TrainingObserver> Observers { get; init; } = [];
}
