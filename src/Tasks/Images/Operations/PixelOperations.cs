namespace Graft.Tasks;

/// <summary>Operations on the values of pixels, to the bytes of Pillow 9.4.</summary>
internal static class PixelOperations
{
    /// <summary>Blends with black (<c>ImageEnhance.Brightness</c>).</summary>
    public static RgbImage Brightness(RgbImage image, double factor) => Blend(new byte[image.Pixels.Length], image, factor);

    /// <summary>Blends with its own grey (<c>ImageEnhance.Color</c>).</summary>
    public static RgbImage Color(RgbImage image, double factor)
    {
        var grey = new byte[image.Pixels.Length];
        for (int at = 0; at < grey.Length; at += RgbImage.Channels) grey.AsSpan(at, RgbImage.Channels).Fill(Grey(image.Pixels, at));
        return Blend(grey, image, factor);
    }

    /// <summary>Blends with its mean grey (<c>ImageEnhance.Contrast</c>).</summary>
    public static RgbImage Contrast(RgbImage image, double factor)
    {
        long sum = 0;
        for (int at = 0; at < image.Pixels.Length; at += RgbImage.Channels) sum += Grey(image.Pixels, at);
        var mean = new byte[image.Pixels.Length];
        mean.AsSpan().Fill((byte)((double)sum / (image.Width * (long)image.Height) + 0.5));
        return Blend(mean, image, factor);
    }

    /// <summary>Blends with a smoothed copy (<c>ImageEnhance.Sharpness</c>), whose border is as it was.</summary>
    public static RgbImage Sharpness(RgbImage image, double factor)
    {
        byte[] pixels = image.Pixels, smooth = [.. pixels];
        int stride = image.Width * RgbImage.Channels;
        for (int y = 1; y < image.Height - 1; y++)
        {
            for (int at = y * stride + RgbImage.Channels; at < (y + 1) * stride - RgbImage.Channels; at++)
            {
                int sum = 4 * pixels[at];
                for (int row = at - stride; row <= at + stride; row += stride) sum += pixels[row - RgbImage.Channels] + pixels[row] + pixels[row + RgbImage.Channels];
                // a thirteenth, rounded: no sum lies in the middle
                smooth[at] = (byte)((2 * sum + 13) / 26);
            }
        }
        return Blend(smooth, image, factor);
    }

    /// <summary>Keeps the highest bits of each value (<c>ImageOps.posterize</c>).</summary>
    public static RgbImage Posterize(RgbImage image, int bits)
    {
        int mask = ~((1 << (8 - bits)) - 1);
        return Mapped(image, (_, value) => (byte)(value & mask));
    }

    /// <summary>Inverts values from a threshold on (<c>ImageOps.solarize</c>).</summary>
    public static RgbImage Solarize(RgbImage image, double threshold) => Mapped(image, (_, value) => (byte)(value < threshold ? value : 255 - value));

    /// <summary>Stretches each channel to 0 ... 255 (<c>ImageOps.autocontrast</c>).</summary>
    public static RgbImage AutoContrast(RgbImage image)
    {
        int[][] counts = Counts(image);
        return Mapped(image, (channel, value) =>
        {
            int low = Array.FindIndex(counts[channel], static count => count > 0), high = Array.FindLastIndex(counts[channel], static count => count > 0);
            if (high <= low) return (byte)value;
            double scale = 255.0 / (high - low);
            return (byte)Math.Clamp((int)(value * scale + -low * scale), 0, 255);
        });
    }

    /// <summary>Makes the values of each channel equally frequent (<c>ImageOps.equalize</c>).</summary>
    public static RgbImage Equalize(RgbImage image)
    {
        int[][] counts = Counts(image);
        int[] steps = Array.ConvertAll(counts, static channel => channel.Count(static count => count > 0) <= 1 ? 0 : (channel.Sum() - channel.Last(static count => count > 0)) / 255);
        return Mapped(image, (channel, value) =>
        {
            int step = steps[channel];
            return step == 0 ? (byte)value : (byte)Math.Min(255, (step / 2 + counts[channel].Take(value).Sum()) / step);
        });
    }

    /// <summary>Turns all hues around the circle of colours (torchvision's <c>adjust_hue</c>): over Pillow's bytes of hue, saturation and value.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="turn">How far, in whole turns: -0.5 to 0.5.</param>
    public static RgbImage Hue(RgbImage image, double turn)
    {
        var turned = new RgbImage(image.Width, image.Height);
        byte more = unchecked((byte)(int)(turn * 255));
        for (int at = 0; at < image.Pixels.Length; at += RgbImage.Channels)
        {
            var (hue, saturation, value) = HueSaturationValue.Of(image.Pixels[at], image.Pixels[at + 1], image.Pixels[at + 2]);
            new HueSaturationValue(unchecked((byte)(hue + more)), saturation, value).CopyTo(turned.Pixels.AsSpan(at, RgbImage.Channels));
        }
        return turned;
    }

    /// <summary>Its grey in all three channels (torchvision's <c>Grayscale</c>).</summary>
    public static RgbImage Greyscale(RgbImage image) => Color(image, 0);

    /// <summary>Left to right.</summary>
    public static RgbImage Mirror(RgbImage image)
    {
        var mirrored = new RgbImage(image.Width, image.Height);
        for (int y = 0; y < image.Height; y++)
        {
            Span<byte> from = image.Row(y), to = mirrored.Row(y);
            for (int at = 0; at < from.Length; at += RgbImage.Channels) from.Slice(from.Length - RgbImage.Channels - at, RgbImage.Channels).CopyTo(to[at..]);
        }
        return mirrored;
    }

    private static byte Grey(byte[] pixels, int at) => (byte)((pixels[at] * 19595 + pixels[at + 1] * 38470 + pixels[at + 2] * 7471 + 0x8000) >> 16);

    /// <summary>From another picture to this one and beyond (<c>Image.blend</c>), in single precision, cut off.</summary>
    private static RgbImage Blend(byte[] other, RgbImage image, double factor)
    {
        float share = (float)factor;
        var pixels = new byte[other.Length];
        for (int at = 0; at < pixels.Length; at++) pixels[at] = (byte)Math.Clamp(other[at] + share * (image.Pixels[at] - other[at]), 0f, 255f);
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private static int[][] Counts(RgbImage image)
    {
        int[][] counts = [new int[256], new int[256], new int[256]];
        for (int at = 0; at < image.Pixels.Length; at++) counts[at % RgbImage.Channels][image.Pixels[at]]++;
        return counts;
    }

    private static RgbImage Mapped(RgbImage image, Func<int, int, byte> map)
    {
        var table = new byte[RgbImage.Channels * 256];
        for (int i = 0; i < table.Length; i++) table[i] = map(i / 256, i % 256);
        var pixels = new byte[image.Pixels.Length];
        for (int at = 0; at < pixels.Length; at++) pixels[at] = table[at % RgbImage.Channels * 256 + image.Pixels[at]];
        return new RgbImage(image.Width, image.Height, pixels);
    }
}
