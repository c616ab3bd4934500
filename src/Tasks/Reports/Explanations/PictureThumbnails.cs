using SkiaSharp;

namespace Graft.Tasks;

/// <summary>Small JPEGs of pictures, as they are or with a map laid over them.</summary>
internal static class PictureThumbnails
{
    private const int Side = 160, Quality = 82;

    public static byte[] Of(RgbImage image, ActivationMap? map = null)
    {
        double scale = (double)Side / Math.Max(image.Width, image.Height);
        int width = Math.Max(1, (int)Math.Round(image.Width * scale)), height = Math.Max(1, (int)Math.Round(image.Height * scale));
        if (width != image.Width || height != image.Height) image = Resize.To(image, new ImageSize(height, width), Interpolation.Bilinear);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = new byte[width * height * 4];
        for (int y = 0; y < height; y++)
        {
            var row = image.Row(y);
            for (int x = 0; x < width; x++)
            {
                var colour = (row[3 * x], row[3 * x + 1], row[3 * x + 2]);
                if (map is not null) colour = Blend(colour, map.At((y + 0.5) / height, (x + 0.5) / width));
                int at = 4 * (y * width + x);
                (pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]) = (colour.Item1, colour.Item2, colour.Item3, 255);
            }
        }
        System.Runtime.InteropServices.Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return encoded.ToArray();
    }

    /// <summary>What counts keeps its colour under an amber light; the rest is dimmed to grey.</summary>
    private static (byte, byte, byte) Blend((byte Red, byte Green, byte Blue) colour, double weight)
    {
        double grey = (0.299 * colour.Red + 0.587 * colour.Green + 0.114 * colour.Blue) * 0.55;
        double light = weight * weight * 0.45;
        return (Mix(colour.Red, 255), Mix(colour.Green, 170), Mix(colour.Blue, 20));

        byte Mix(byte value, double lit) => (byte)Math.Clamp((1 - light) * (weight * value + (1 - weight) * grey) + light * lit, 0, 255);
    }
}
