namespace Graft.Transfer;

/// <summary>A phase of a fine-tuning and what a step of it moves and needs.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Summary">The model in it.</param>
public sealed record PhaseSummary(FineTunePhase Phase, ModelSummary Summary);
