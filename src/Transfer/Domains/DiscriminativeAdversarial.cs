using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Adversarial discriminative adaptation (ADDA; Tzeng et al. 2017): of a model that has learnt the source, the trunk goes on until a discriminator takes its features
/// of the target for those that the trunk made of the source at first. The head stays.</summary>
/// <remarks>Labels are inverted and no gradient is reversed: the trunk learns from the discriminator's mistake in full where that is sure of itself. It hurts where the two
/// domains have other shares of the classes, and it easily goes on for too long.</remarks>
public sealed class DiscriminativeAdversarial : DomainMethod
{
    private readonly DomainDiscriminator discriminator;

    /// <summary>Makes the method for a model.</summary>
    /// <param name="features">How many features go into the model's head.</param>
    /// <param name="hidden">How wide the discriminator is; 500 in the paper's digits.</param>
    public DiscriminativeAdversarial(int features, int hidden = 500) => discriminator = Add("discriminator", new DomainDiscriminator(features, hidden));

    /// <summary>What the trunk's part is multiplied by; 1 in the paper.</summary>
    public double Strength { get; init; } = 1;

    /// <inheritdoc/>
    public override bool KeepsSource => true;

    /// <inheritdoc/>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        var told = discriminator.Loss(step.SourceFeatures.Detach(), step.TargetFeatures.Detach());
        var taken = discriminator.ForwardAsIs(step.TargetFeatures);
        var ones = new float[taken.Shape[0]];
        Array.Fill(ones, 1f);
        return told + taken.BinaryCrossEntropyWithLogits(ones) * (float)Strength;
    }
}
