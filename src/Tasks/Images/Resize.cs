namespace Graft.Tasks;

/// <summary>Antialiased resampling with the arithmetic of Pillow's 8-bit <c>Image.resize</c>, byte for byte: what
/// <c>torchvision.transforms.Resize</c> does to an image of Pillow's.</summary>
/// <remarks>Separable: rows first, then columns, rounded to bytes in between. The weights of each target pixel are computed and
/// normalised in double, then kept as fixed-point values of 22 fractional bits; sums are 32-bit, rounded half up and clipped. Keys, "Cubic
/// convolution interpolation for digital image processing", IEEE ASSP 29(6), 1981.</remarks>
internal static class Resize
{
    /// <summary>8 bits are the result, 2 leave room for the kernel's overshoot.</summary>
    private const int FractionBits = 32 - 8 - 2;

    private const int Half = 1 << (FractionBits - 1);

    /// <summary>Scales the shorter side to <paramref name="size"/>, the longer one in proportion, rounded down
    /// (torchvision's <c>Resize(size)</c>).</summary>
    public static RgbImage ShorterSide(RgbImage image, int size, Interpolation interpolation) =>
        To(image, ShorterSide(image.Size, size), interpolation);

    /// <summary>The size that <see cref="ShorterSide(RgbImage, int, Interpolation)"/> gives.</summary>
    public static ImageSize ShorterSide(ImageSize image, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        // as Python divides: one rounding to double, then towards zero
        return image.Width <= image.Height
            ? new ImageSize(checked((int)((double)((long)size * image.Height) / image.Width)), size)
            : new ImageSize(size, checked((int)((double)((long)size * image.Width) / image.Height)));
    }

    /// <summary>Scales to exactly that size; a picture that has it already is returned itself.</summary>
    public static RgbImage To(RgbImage image, ImageSize size, Interpolation interpolation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size.Height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size.Width);
        if (size.Width != image.Width) image = Rows(image, size.Width, interpolation);
        if (size.Height != image.Height) image = Columns(image, size.Height, interpolation);
        return image;
    }

    private static RgbImage Rows(RgbImage image, int width, Interpolation interpolation)
    {
        var weights = Weights.Create(image.Width, width, interpolation);
        var result = new RgbImage(width, image.Height);
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> from = image.Row(y);
            var to = result.Row(y);
            for (int x = 0; x < width; x++)
            {
                int red = Half, green = Half, blue = Half;
                int at = weights.First[x] * RgbImage.Channels;
                foreach (int weight in weights.Of(x))
                {
                    red += from[at] * weight;
                    green += from[at + 1] * weight;
                    blue += from[at + 2] * weight;
                    at += RgbImage.Channels;
                }
                to[x * RgbImage.Channels] = Clip(red);
                to[x * RgbImage.Channels + 1] = Clip(green);
                to[x * RgbImage.Channels + 2] = Clip(blue);
            }
        }
        return result;
    }

    private static RgbImage Columns(RgbImage image, int height, Interpolation interpolation)
    {
        var weights = Weights.Create(image.Height, height, interpolation);
        var result = new RgbImage(image.Width, height);
        var sums = new int[image.Width * RgbImage.Channels];
        for (int y = 0; y < height; y++)
        {
            Array.Fill(sums, Half);
            int at = weights.First[y];
            foreach (int weight in weights.Of(y))
            {
                ReadOnlySpan<byte> from = image.Row(at++);
                for (int i = 0; i < sums.Length; i++) sums[i] += from[i] * weight;
            }
            var to = result.Row(y);
            for (int i = 0; i < sums.Length; i++) to[i] = Clip(sums[i]);
        }
        return result;
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, 255);

    /// <summary>For each target pixel of one axis: the first source pixel it sees, and a weight for each from there on.</summary>
    private sealed class Weights(int[] first, int[] count, int[] values, int stride)
    {
        public int[] First { get; } = first;

        public ReadOnlySpan<int> Of(int target) => values.AsSpan(target * stride, count[target]);

        public static Weights Create(int source, int target, Interpolation interpolation)
        {
            double scale = (double)source / target;
            double stretch = Math.Max(scale, 1); // a shrinking picture widens the kernel: this is the antialiasing
            double support = stretch * (interpolation == Interpolation.Bicubic ? 2 : 1);
            double inverse = 1 / stretch;
            int stride = checked((int)Math.Ceiling(support) * 2 + 1);
            int[] first = new int[target], count = new int[target], values = new int[checked(target * stride)];
            var kernel = new double[stride];
            for (int at = 0; at < target; at++)
            {
                double centre = (at + 0.5) * scale;
                int begin = Math.Max(0, (int)(centre - support + 0.5));
                int length = Math.Min(source, (int)(centre + support + 0.5)) - begin;
                double sum = 0;
                for (int i = 0; i < length; i++)
                {
                    double distance = Math.Abs((i + begin - centre + 0.5) * inverse);
                    kernel[i] = interpolation == Interpolation.Bicubic ? Cubic(distance) : Triangle(distance);
                    sum += kernel[i];
                }
                for (int i = 0; i < length; i++)
                {
                    double share = sum == 0 ? kernel[i] : kernel[i] / sum;
                    values[at * stride + i] = (int)((share < 0 ? -0.5 : 0.5) + share * (1 << FractionBits));
                }
                first[at] = begin;
                count[at] = length;
            }
            return new Weights(first, count, values, stride);
        }

        private static double Triangle(double x) => x < 1 ? 1 - x : 0;

        private static double Cubic(double x)
        {
            const double A = -0.5;
            if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
        }
    }
}
