using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Draws operations and erased rectangles for pictures.</summary>
internal sealed class PictureVariation(VariationOptions options, ulong seed)
{
    private const int Attempts = 10, MostOperations = 64;
    private const double SmallestArea = 0.02, LargestArea = 0.33, NarrowestAspect = 0.3, WidestAspect = 3.3;

    private readonly RandomStream operations = new(seed, "operations");
    private readonly ColorJitter colours = new(seed);
    private readonly AffineJitter places = new(seed);
    private readonly RandomStream erasing = new(seed, "erasing");
    private readonly RandomStream rectangles = new(seed, "erased rectangle");

    /// <summary>Whether pictures are changed before they become numbers.</summary>
    public bool HasOperations => options.Policy is not null;

    /// <summary>The picture after the operations drawn for it.</summary>
    public RgbImage Apply(RgbImage image, int example, ulong round)
    {
        if (options.Policy == AugmentationPolicy.ColorJitter) return colours.Apply(image, example, round);
        if (options.Policy == AugmentationPolicy.Affine) return places.Apply(image, example, round);
        int count = options.Policy == AugmentationPolicy.RandAugment ? Math.Min(options.Operations ?? VariationOptions.UsualOperations, MostOperations) : 1;
        for (int i = 0; i < count; i++)
        {
            var (first, second, third, _) = operations.Bits((ulong)example * MostOperations + (ulong)i, round);
            var operation = PictureOperation.All[Below(PictureOperation.All.Count, first)];
            var scale = options.Policy == AugmentationPolicy.RandAugment ? operation.Rand?.Invoke(image.Size) : operation.Trivial;
            int place = options.Policy == AugmentationPolicy.RandAugment ? options.Magnitude ?? VariationOptions.UsualMagnitude : Below(PictureOperation.Magnitudes, second);
            double magnitude = scale?.At(place) ?? 0;
            image = operation.Apply(image, operation.IsSigned && (third & 1) != 0 ? -magnitude : magnitude);
        }
        return image;
    }

    /// <summary>Erases a rectangle of a picture's numbers, which become 0: its mean colour.</summary>
    public void Erase(Span<float> numbers, ImageSize size, int example, ulong round)
    {
        if (options.Erasing is not { } probability || erasing.Uniform((ulong)example, round) >= probability || Rectangle(size, example, round) is not var (top, left, area)) return;
        for (int y = top; y < top + area.Height; y++)
            numbers.Slice((y * size.Width + left) * RgbImage.Channels, area.Width * RgbImage.Channels).Clear();
    }

    /// <summary>torchvision's rectangle: ten attempts at 2 to 33 % of the area at an aspect of 0.3 to 3.3; null where none fits.</summary>
    internal (int Top, int Left, ImageSize Size)? Rectangle(ImageSize size, int example, ulong round)
    {
        double narrow = Math.Log(NarrowestAspect), wide = Math.Log(WidestAspect);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var (first, second, third, fourth) = rectangles.Bits((ulong)example * Attempts + (ulong)attempt, round);
            double area = size.Height * (double)size.Width * (SmallestArea + (LargestArea - SmallestArea) * Unit(first));
            double aspect = Math.Exp(narrow + (wide - narrow) * Unit(second));
            int height = (int)Math.Round(Math.Sqrt(area * aspect), MidpointRounding.ToEven), width = (int)Math.Round(Math.Sqrt(area / aspect), MidpointRounding.ToEven);
            if (height >= size.Height || width >= size.Width) continue;
            return (Below(size.Height - height + 1, third), Below(size.Width - width + 1, fourth), new ImageSize(height, width));
        }
        return null;
    }

    private static int Below(int exclusiveMaximum, uint bits) => (int)((ulong)bits * (uint)exclusiveMaximum >> 32);

    private static double Unit(uint bits) => bits / 4294967296.0;
}
