using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What is known of a model on a domain of which nobody has said what its examples are.</summary>
/// <param name="Distance">How well source and target can be told apart by the model's features (<see cref="ProxyDistance"/>): 0 not at all, 2 always; null where no source
/// is at hand.</param>
/// <param name="Confidence">The mean of the target's largest probabilities.</param>
/// <param name="Entropy">The mean entropy of its answers.</param>
/// <param name="Shares">How often each class is the answer.</param>
/// <param name="Error">The share of errors that is to be expected (<see cref="TargetRisk"/>); null where nothing of the source was held out.</param>
public sealed record DomainComparison(double? Distance, double Confidence, double Entropy, IReadOnlyList<double> Shares, TargetRisk? Error);
