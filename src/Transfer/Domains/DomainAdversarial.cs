using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Domain-adversarial training (DANN; Ganin et al. 2016): a discriminator learns to tell the domains apart by the features, and the features learn, by a
/// reversed gradient, that it cannot.</summary>
/// <remarks>It hurts where the classes are not equally frequent in both domains: features that cannot be told apart must then mix up classes.</remarks>
public sealed class DomainAdversarial : DomainMethod
{
    private readonly DomainDiscriminator discriminator;

    /// <summary>Makes the method for a model.</summary>
    /// <param name="features">How many features go into the model's head.</param>
    /// <param name="hidden">How wide the discriminator is.</param>
    public DomainAdversarial(int features, int hidden = 1024) => discriminator = Add("discriminator", new DomainDiscriminator(features, hidden));

    /// <summary>lambda at the end, to which <see cref="GradientReversal.Ramp"/> rises; 1 in the paper.</summary>
    public double Strength { get; init; } = 1;

    /// <inheritdoc/>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        double strength = Strength * GradientReversal.Ramp(step.Progress);
        return discriminator.Loss(GradientReversal.Apply(step.SourceFeatures, strength), GradientReversal.Apply(step.TargetFeatures, strength));
    }
}
