using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Deep adaptation networks (DAN; Long et al. 2015): features and answers of both domains are drawn together by <see cref="MaximumMeanDiscrepancy"/>.</summary>
public sealed class DeepAdaptation : DomainMethod
{
    /// <summary>What the distances are multiplied by; 1 in the paper's code.</summary>
    public double Strength { get; init; } = 1;

    /// <inheritdoc/>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return (MaximumMeanDiscrepancy.Of(step.SourceFeatures, step.TargetFeatures) + MaximumMeanDiscrepancy.Of(step.SourceLogits, step.TargetLogits)) * (float)Strength;
    }
}
