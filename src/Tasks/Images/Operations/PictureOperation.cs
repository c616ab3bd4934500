namespace Graft.Tasks;

/// <summary>An operation of RandAugment and TrivialAugment.</summary>
/// <param name="Name">torchvision's name.</param>
/// <param name="Apply">Does it to a picture with a magnitude.</param>
/// <param name="Rand">Its magnitudes in RandAugment for a picture's size; null where it has none.</param>
/// <param name="Trivial">Its magnitudes in TrivialAugment; null where it has none.</param>
/// <param name="IsSigned">Whether the magnitude may as well be negative.</param>
internal sealed record PictureOperation(
    string Name, Func<RgbImage, double, RgbImage> Apply, Func<ImageSize, Scale>? Rand, Scale? Trivial, bool IsSigned)
{
    /// <summary>How many magnitudes each operation has.</summary>
    public const int Magnitudes = 31;

    /// <summary>The longest way of a translation in the published search, which was on pictures of 331 pixels.</summary>
    private const double LongestShare = 150.0 / 331;

    /// <summary>torchvision's table, in its order.</summary>
    public static IReadOnlyList<PictureOperation> All { get; } =
    [
        new("Identity", static (image, _) => image, null, null, false),
        new("ShearX", AffineOperations.ShearX, static _ => new(0, 0.3), new(0, 0.99), true),
        new("ShearY", AffineOperations.ShearY, static _ => new(0, 0.3), new(0, 0.99), true),
        new("TranslateX", static (image, way) => AffineOperations.Translate(image, (int)way, 0), static size => new(0, LongestShare * size.Width), new(0, 32), true),
        new("TranslateY", static (image, way) => AffineOperations.Translate(image, 0, (int)way), static size => new(0, LongestShare * size.Height), new(0, 32), true),
        new("Rotate", AffineOperations.Rotate, static _ => new(0, 30), new(0, 135), true),
        new("Brightness", static (image, more) => PixelOperations.Brightness(image, 1 + more), static _ => new(0, 0.9), new(0, 0.99), true),
        new("Color", static (image, more) => PixelOperations.Color(image, 1 + more), static _ => new(0, 0.9), new(0, 0.99), true),
        new("Contrast", static (image, more) => PixelOperations.Contrast(image, 1 + more), static _ => new(0, 0.9), new(0, 0.99), true),
        new("Sharpness", static (image, more) => PixelOperations.Sharpness(image, 1 + more), static _ => new(0, 0.9), new(0, 0.99), true),
        new("Posterize", static (image, bits) => PixelOperations.Posterize(image, (int)bits), static _ => new(8, 4, IsWhole: true), new(8, 2, IsWhole: true), false),
        new("Solarize", PixelOperations.Solarize, static _ => new(255, 0), new(255, 0), false),
        new("AutoContrast", static (image, _) => PixelOperations.AutoContrast(image), null, null, false),
        new("Equalize", static (image, _) => PixelOperations.Equalize(image), null, null, false),
    ];
}

/// <summary>Magnitudes from one number to another in equal steps of single precision, as <c>torch.linspace</c> makes them.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
/// <param name="IsWhole">Whether the way from the first is rounded to whole numbers.</param>
internal readonly record struct Scale(double From, double To, bool IsWhole = false)
{
    /// <summary>The magnitude of a place, from 0.</summary>
    public double At(int place)
    {
        if (IsWhole) return From - Math.Round((float)place / ((PictureOperation.Magnitudes - 1) / (float)(From - To)), MidpointRounding.ToEven);
        float step = ((float)To - (float)From) / (PictureOperation.Magnitudes - 1);
        return place < PictureOperation.Magnitudes / 2 ? (float)From + step * place : (float)To - step * (PictureOperation.Magnitudes - place - 1);
    }
}
