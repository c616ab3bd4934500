namespace Graft.Models;

/// <summary>Augmentation of training pictures: a random crop, then a random flip. Every draw depends on the seed, the picture's index and
/// the epoch alone.</summary>
public sealed record TrainingAugmentation
{
    /// <summary>No augmentation: training sees the pictures as prediction does.</summary>
    public static TrainingAugmentation None { get; } = new();

    /// <summary>The CIFAR papers': 4 black pixels around the picture, a crop of the output size, a flip half of the time.</summary>
    public static TrainingAugmentation Cifar { get; } = new() { CropPadding = 4, HorizontalFlipProbability = 0.5f };

    /// <summary>ImageNet training's: 8 to 100 % of the picture's area at an aspect of 3:4 to 4:3, scaled to the output size; a flip half of
    /// the time (torchvision's <c>RandomResizedCrop</c> and <c>RandomHorizontalFlip</c>).</summary>
    public static TrainingAugmentation ImageNet { get; } = new() { ResizedCrop = new ResizedCropRange(), HorizontalFlipProbability = 0.5f };

    /// <summary>Black pixels added on each side before a crop at random (torchvision's <c>RandomCrop</c>); null for no such crop.</summary>
    public int? CropPadding { get; init; }

    /// <summary>The range of a crop that is scaled to the output size (torchvision's <c>RandomResizedCrop</c>); it replaces resizing.
    /// Null for no such crop.</summary>
    public ResizedCropRange? ResizedCrop { get; init; }

    /// <summary>The probability of a horizontal flip, from 0 to 1 (<c>RandomHorizontalFlip</c>).</summary>
    public float HorizontalFlipProbability { get; init; }

    /// <summary>Refuses contradictory or impossible settings.</summary>
    /// <exception cref="ArgumentException">A value is outside its range, or two ways of cropping are asked for.</exception>
    public void Validate()
    {
        if (CropPadding is < 0 or > 4096) throw new ArgumentException($"a crop's padding is 0 to 4096 pixels, not {CropPadding}");
        if (CropPadding is not null && ResizedCrop is not null)
            throw new ArgumentException("a training picture is cropped either with padding or to a share of its area, not both ways");
        if (!(HorizontalFlipProbability is >= 0 and <= 1))
            throw new ArgumentException($"a flip's probability lies in [0, 1], not at {HorizontalFlipProbability}");
        ResizedCrop?.Validate();
    }
}

/// <summary>The range of a random crop, which is then scaled to the output size. Szegedy et al., "Going deeper with convolutions", CVPR
/// 2015.</summary>
public sealed record ResizedCropRange
{
    /// <summary>The smallest share of the picture's area.</summary>
    public double SmallestArea { get; init; } = 0.08;

    /// <summary>The largest share of the picture's area.</summary>
    public double LargestArea { get; init; } = 1;

    /// <summary>The narrowest aspect, width / height.</summary>
    public double NarrowestAspect { get; init; } = 3.0 / 4;

    /// <summary>The widest aspect, width / height.</summary>
    public double WidestAspect { get; init; } = 4.0 / 3;

    internal void Validate()
    {
        if (!(SmallestArea > 0 && SmallestArea <= LargestArea && LargestArea <= 1))
            throw new ArgumentException($"a crop's share of the area lies in (0, 1] and grows, not {SmallestArea} to {LargestArea}");
        if (!(NarrowestAspect > 0 && NarrowestAspect <= WidestAspect && double.IsFinite(WidestAspect)))
            throw new ArgumentException($"a crop's aspect is positive and grows, not {NarrowestAspect} to {WidestAspect}");
    }
}
