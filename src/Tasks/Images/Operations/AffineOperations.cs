namespace Graft.Tasks;

/// <summary>Operations on the places of pixels: torchvision's, with Pillow's nearest pixel and black around the picture, to the bytes of Pillow 9.4.</summary>
internal static class AffineOperations
{
    private const int Fraction = 16;

    /// <summary>Slides rows along each other from the upper edge down; a positive slope pulls lower rows to the left.</summary>
    public static RgbImage ShearX(RgbImage image, double slope) => Apply(image, 1, Tangent(slope), 0, 0, 1, 0);

    /// <summary>Slides columns along each other from the left edge on.</summary>
    public static RgbImage ShearY(RgbImage image, double slope) => Apply(image, 1, 0, 0, Tangent(slope), 1, 0);

    /// <summary>Moves the picture right and down.</summary>
    public static RgbImage Translate(RgbImage image, int right, int down) => Crop.At(image, -down, -right, image.Size);

    /// <summary>Turns the picture about its middle, counter-clockwise by degrees.</summary>
    public static RgbImage Rotate(RgbImage image, double degrees)
    {
        degrees -= 360 * Math.Floor(degrees / 360);
        if (degrees == 0) return image;
        // Pillow turns squares by whole quarters without looking for the nearest pixel
        if (degrees == 180 || (degrees is 90 or 270 && image.Width == image.Height)) return Quarters(image, (int)(degrees / 90));
        double angle = -(degrees * (Math.PI / 180)), cosine = Math.Round(Math.Cos(angle), 15), sine = Math.Round(Math.Sin(angle), 15);
        double x = image.Width / 2.0, y = image.Height / 2.0;
        return Apply(image, cosine, sine, cosine * -x + sine * -y + x, -sine, cosine, -sine * -x + cosine * -y + y);
    }

    private static double Tangent(double slope) => Math.Tan(Math.Atan(slope) * (180 / Math.PI) * (Math.PI / 180));

    /// <summary>Takes each pixel from (a x + b y + c, d x + e y + f), the place of its middle, in numbers of 16 bits behind the point.</summary>
    private static RgbImage Apply(RgbImage image, double a, double b, double c, double d, double e, double f)
    {
        var result = new RgbImage(image.Width, image.Height);
        long stepX = Fixed(a), rowX = Fixed(b), stepY = Fixed(d), rowY = Fixed(e), startX = Fixed(c + a * 0.5 + b * 0.5), startY = Fixed(f + d * 0.5 + e * 0.5);
        for (int y = 0; y < result.Height; y++, startX += rowX, startY += rowY)
        {
            var row = result.Row(y);
            long fromX = startX, fromY = startY;
            for (int at = 0; at < row.Length; at += RgbImage.Channels, fromX += stepX, fromY += stepY)
            {
                long column = fromX >> Fraction, line = fromY >> Fraction;
                if (column < 0 || column >= image.Width || line < 0 || line >= image.Height) continue;
                image.Row((int)line).Slice((int)column * RgbImage.Channels, RgbImage.Channels).CopyTo(row[at..]);
            }
        }
        return result;
    }

    private static long Fixed(double number) => (long)Math.Floor(number * (1 << Fraction) + 0.5);

    private static RgbImage Quarters(RgbImage image, int quarters)
    {
        var result = new RgbImage(image.Width, image.Height);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                var (column, line) = quarters switch
                {
                    1 => (image.Width - 1 - y, x),
                    2 => (image.Width - 1 - x, image.Height - 1 - y),
                    _ => (y, image.Height - 1 - x),
                };
                image.Row(line).Slice(column * RgbImage.Channels, RgbImage.Channels).CopyTo(result.Row(y)[(x * RgbImage.Channels)..]);
            }
        }
        return result;
    }
}
