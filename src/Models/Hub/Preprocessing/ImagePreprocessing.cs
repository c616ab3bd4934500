namespace Graft.Models;

/// <summary>What is done to a picture before a model sees it: resized, cropped, its bytes scaled and normalised; and how it is augmented in
/// training. The steps and their arithmetic are torchvision's; a model's weights only mean something behind the same steps.</summary>
public sealed record ImagePreprocessing
{
    /// <summary>As torchvision's ImageNet weights need it: the shorter side to 256, the middle 224 x 224, ImageNet's mean and deviation;
    /// training crops at random.</summary>
    public static ImagePreprocessing ImageNet { get; } = new()
    {
        ResizeShorterSide = 256,
        CropSize = new ImageSize(224, 224),
        Augmentation = TrainingAugmentation.ImageNet,
    };

    /// <summary>As published CIFAR ResNets need it: 32 x 32 as it is (another size is scaled and cropped to it), ImageNet's mean and
    /// deviation; training pads by 4, crops and flips.</summary>
    public static ImagePreprocessing Cifar { get; } = new()
    {
        ResizeShorterSide = 32,
        CropSize = new ImageSize(32, 32),
        Augmentation = TrainingAugmentation.Cifar,
    };

    /// <summary>The shorter side's length in pixels after resizing, the longer in proportion; null for no such resizing.</summary>
    public int? ResizeShorterSide { get; init; }

    /// <summary>The exact size after resizing, whatever the aspect; null for no such resizing.</summary>
    public ImageSize? ResizeTo { get; init; }

    /// <summary>The size of the centre crop, padded with black where the picture is smaller; null for the whole picture.</summary>
    public ImageSize? CropSize { get; init; }

    /// <summary>How pictures are resampled.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>The rescale factor (<c>rescale_factor</c>); 1 / 255 gives values in [0, 1] and is then an exact division by 255.</summary>
    public double RescaleFactor { get; init; } = 1.0 / 255;

    /// <summary>What is subtracted from each channel's scaled values.</summary>
    public RgbValues Mean { get; init; } = RgbValues.ImageNetMean;

    /// <summary>What each channel's values are divided by after that.</summary>
    public RgbValues StandardDeviation { get; init; } = RgbValues.ImageNetStandardDeviation;

    /// <summary>The augmentation of training pictures.</summary>
    public TrainingAugmentation Augmentation { get; init; } = TrainingAugmentation.None;

    /// <summary>The size that every picture has in the end; null where it keeps its own.</summary>
    public ImageSize? OutputSize => CropSize ?? ResizeTo;

    /// <summary>As <see cref="ImageNet"/>, of other sizes.</summary>
    /// <param name="shorterSide">The shorter side's length in pixels after resizing.</param>
    /// <param name="crop">The side of the centre crop.</param>
    /// <param name="interpolation">How pictures are resampled.</param>
    internal static ImagePreprocessing ImageNetOf(int shorterSide, int crop, Interpolation interpolation = Interpolation.Bilinear) =>
        ImageNet with { ResizeShorterSide = shorterSide, CropSize = new ImageSize(crop, crop), Interpolation = interpolation };

    /// <summary>Refuses contradictory or impossible settings.</summary>
    /// <exception cref="ArgumentException">A size or deviation is not positive, or two ways of resizing are asked for.</exception>
    public void Validate()
    {
        if (ResizeShorterSide is not null && ResizeTo is not null)
            throw new ArgumentException("a picture is resized by its shorter side or to an exact size, not both ways");
        RequireSide(ResizeShorterSide ?? 1, "the shorter side after resizing");
        RequireSize(ResizeTo, "the size after resizing");
        RequireSize(CropSize, "the crop's size");
        if (Interpolation is not (Interpolation.Bilinear or Interpolation.Bicubic))
            throw new ArgumentException($"pictures are resampled bilinear or bicubic, not by method {(int)Interpolation}");
        if (!(RescaleFactor > 0 && double.IsFinite(RescaleFactor)))
            throw new ArgumentException($"the rescale factor is positive, not {RescaleFactor}");
        for (int channel = 0; channel < RgbValues.Channels; channel++)
        {
            if (!float.IsFinite(Mean[channel])) throw new ArgumentException($"the mean of channel {channel} is {Mean[channel]}");
            if (!(StandardDeviation[channel] > 0 && float.IsFinite(StandardDeviation[channel])))
                throw new ArgumentException($"the standard deviation of channel {channel} is positive, not {StandardDeviation[channel]}");
        }
        Augmentation.Validate();
        if (Augmentation.ResizedCrop is not null && OutputSize is null)
            throw new ArgumentException("a crop to a share of the area needs a size to scale it to: give the crop's size");
    }

    private static void RequireSize(ImageSize? size, string what)
    {
        RequireSide(size?.Height ?? 1, what);
        RequireSide(size?.Width ?? 1, what);
    }

    private static void RequireSide(int side, string what)
    {
        if (side is < 1 or > 16384) throw new ArgumentException($"{what} is 1 to 16384 pixels, not {side}");
    }
}
