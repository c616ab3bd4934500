namespace Graft.Tasks;

/// <summary>How pictures of a batch are mixed with each other, and their labels with them. Nothing unless it is set.</summary>
public sealed record MixingOptions
{
    /// <summary>Mixup (Zhang et al. 2018): two pictures shine through each other, by a share drawn from Beta(alpha, alpha); null for none.</summary>
    public double? Mixup { get; init; }

    /// <summary>CutMix (Yun et al. 2019): a rectangle of one picture in another, by a share drawn from Beta(alpha, alpha); null for none.</summary>
    public double? CutMix { get; init; }

    /// <summary>How often a batch has CutMix where it may have both (timm's <c>mixup_switch_prob</c>), in [0, 1); null for 0.5.</summary>
    public double? Switch { get; init; }

    internal void Validate()
    {
        if (Switch is not null && (Mixup is null || CutMix is null))
            throw new ArgumentException("there is nothing to switch between: give mixup and CutMix, or leave the share of batches out");
    }

    /// <summary>What mixes batches; null for nothing.</summary>
    internal ImageMixer? Mixer(ulong seed) => Mixup is null && CutMix is null ? null : new ImageMixer(this, seed);
}
