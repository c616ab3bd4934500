using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>FixMatch (Sohn et al. 2020): what the model is sure of in an example of the target is to be its answer to a strong variation of it too.</summary>
/// <remarks>It hurts where the model is sure and wrong, and where strong variations change what an example is.</remarks>
public sealed class FixMatch : DomainMethod
{
    /// <summary>tau: how sure the model has to be, in [0, 1); 0.95 in the paper.</summary>
    public double Threshold { get; init; } = 0.95;

    /// <summary>lambda: what the loss is multiplied by; 1 in the paper.</summary>
    public double Strength { get; init; } = 1;

    /// <inheritdoc/>
    public override bool WantsVariation => true;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The step has no variation.</exception>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return PseudoLabels.Of(step.VariedLogits ?? throw new ArgumentException("FixMatch needs the answers to a strong variation", nameof(step)), step.TargetLogits, Threshold)
            * (float)Strength;
    }
}
