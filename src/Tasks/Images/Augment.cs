using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Varies training pictures. What is drawn for a picture depends on the seed, its index and the epoch, never on the thread or on
/// the order of pictures.</summary>
internal sealed class Augment(TrainingAugmentation augmentation, ulong seed)
{
    private const int Attempts = 10;

    private readonly RandomStream crop = new(seed, "crop");
    private readonly RandomStream flip = new(seed, "flip");

    /// <summary>The picture as this epoch sees it, and whether it is to be mirrored while it is written out.</summary>
    /// <param name="image">The picture before the crop.</param>
    /// <param name="size">The crop's size; null keeps the picture's own.</param>
    /// <param name="interpolation">How a crop is scaled.</param>
    /// <param name="example">The picture's index.</param>
    /// <param name="round">The epoch, from 0, and in its upper half how often the picture came before in it.</param>
    public (RgbImage Image, bool Mirrored) Apply(RgbImage image, ImageSize? size, Interpolation interpolation, int example, ulong round)
    {
        var wanted = size ?? image.Size;
        if (augmentation.ResizedCrop is { } range)
        {
            var (top, left, area) = ResizedCrop(image.Size, range, example, round);
            image = Resize.To(Crop.At(image, top, left, area), wanted, interpolation);
        }
        else if (augmentation.CropPadding is { } padding)
        {
            var (top, left) = PaddedCrop(image.Size, wanted, padding, example, round);
            image = Crop.At(image, top, left, wanted);
        }
        else
        {
            image = Crop.Center(image, wanted);
        }
        return (image, flip.Uniform((ulong)example, round) < augmentation.HorizontalFlipProbability);
    }

    /// <summary>The upper left corner of torchvision's <c>RandomCrop(size, padding, pad_if_needed=True)</c>, in the picture's own
    /// coordinates: negative in the padding.</summary>
    internal (int Top, int Left) PaddedCrop(ImageSize image, ImageSize size, int padding, int example, ulong round)
    {
        var (first, second, _, _) = crop.Bits((ulong)example, round);
        return (Start(image.Height, size.Height, padding, first), Start(image.Width, size.Width, padding, second));
    }

    /// <summary>The rectangle of torchvision's <c>RandomResizedCrop</c>: ten attempts, then the largest middle of an allowed aspect.</summary>
    internal (int Top, int Left, ImageSize Size) ResizedCrop(ImageSize image, ResizedCropRange range, int example, ulong round)
    {
        double narrow = Math.Log(range.NarrowestAspect), wide = Math.Log(range.WidestAspect);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var (first, second, third, fourth) = crop.Bits((ulong)example * Attempts + (ulong)attempt, round);
            double share = range.SmallestArea + (range.LargestArea - range.SmallestArea) * Unit(first);
            double area = share * image.Height * image.Width;
            double aspect = Math.Exp(narrow + (wide - narrow) * Unit(second));
            double width = Math.Round(Math.Sqrt(area * aspect), MidpointRounding.ToEven);
            double height = Math.Round(Math.Sqrt(area / aspect), MidpointRounding.ToEven);
            if (width < 1 || width > image.Width || height < 1 || height > image.Height) continue;
            var size = new ImageSize((int)height, (int)width);
            return (Below(image.Height - size.Height + 1, third), Below(image.Width - size.Width + 1, fourth), size);
        }

        double own = (double)image.Width / image.Height;
        var middle = own < range.NarrowestAspect ? image with { Height = Side(image.Width / range.NarrowestAspect, image.Height) }
            : own > range.WidestAspect ? image with { Width = Side(image.Height * range.WidestAspect, image.Width) }
            : image;
        return ((image.Height - middle.Height) / 2, (image.Width - middle.Width) / 2, middle);
    }

    private static int Side(double length, int most) => Math.Clamp((int)Math.Round(length, MidpointRounding.ToEven), 1, most);

    private static int Start(int length, int wanted, int padding, uint bits)
    {
        int before = padding + Math.Max(0, wanted - (length + 2 * padding));
        return Below(length + 2 * before - wanted + 1, bits) - before;
    }

    private static int Below(int exclusiveMaximum, uint bits) => (int)((ulong)bits * (uint)exclusiveMaximum >> 32);

    private static double Unit(uint bits) => bits / 4294967296.0;
}
