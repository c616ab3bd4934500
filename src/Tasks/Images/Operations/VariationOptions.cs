namespace Graft.Tasks;

/// <summary>A table of operations of which some are drawn for each picture.</summary>
public enum AugmentationPolicy
{
    /// <summary>A few operations of one magnitude (Cubuk et al. 2020; torchvision's <c>RandAugment</c>).</summary>
    RandAugment,

    /// <summary>One operation of any magnitude (Müller and Hutter 2021; torchvision's <c>TrivialAugmentWide</c>).</summary>
    TrivialAugment,

    /// <summary>Other colours: in four of five pictures brightness, contrast and saturation by up to 0.4 and hue by up to a tenth of a turn, in any order, and a fifth of all
    /// grey (SimCLR's for small pictures, Chen et al. 2020; torchvision's <c>ColorJitter</c> and <c>RandomGrayscale</c>).</summary>
    ColorJitter,

    /// <summary>Turned by up to 15 degrees, slanted by up to a fifth, larger or smaller by up to 15 % and moved by up to a fourteenth of the sides, between pixels and with black around
    /// (torchvision's <c>RandomAffine</c>): for drawings.</summary>
    Affine,
}

/// <summary>What else is done to training pictures after crop and flip: operations of a table, and erased rectangles. Nothing unless it is set; what is drawn for a picture
/// follows from the seed, its index and the epoch.</summary>
public sealed record VariationOptions
{
    internal const int UsualOperations = 2, UsualMagnitude = 9, HighestMagnitude = PictureOperation.Magnitudes - 1;

    /// <summary>Which table operations are drawn of; null for none.</summary>
    public AugmentationPolicy? Policy { get; init; }

    /// <summary>RandAugment's operations a picture (<c>num_ops</c>); null for 2.</summary>
    public int? Operations { get; init; }

    /// <summary>RandAugment's magnitude, 0 to 30 (<c>magnitude</c>); null for 9.</summary>
    public int? Magnitude { get; init; }

    /// <summary>How often a rectangle of a picture is erased (Zhong et al. 2020; torchvision's <c>RandomErasing</c>), in [0, 1); null for never.</summary>
    public double? Erasing { get; init; }

    internal void Validate()
    {
        if (Policy != AugmentationPolicy.RandAugment && (Operations is not null || Magnitude is not null))
            throw new ArgumentException("a number of operations and a magnitude go with RandAugment: ask for it, or leave them out");
        if (Magnitude > HighestMagnitude) throw new ArgumentOutOfRangeException(nameof(Magnitude), Magnitude, $"RandAugment's magnitude is {HighestMagnitude} at most");
    }
}
