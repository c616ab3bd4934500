using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Pictures a little larger or smaller, turned, slanted and moved by chance, each pixel between the four that it lies between and black around them: for drawings.</summary>
internal sealed class AffineJitter(ulong seed)
{
    private const double MostTurn = Math.PI / 12, MostSlant = 0.2, MostScale = 0.15, MostMove = 1.0 / 14;
    private const int Draws = 6;

    private readonly RandomStream amounts = new(seed, "affine jitter");

    public RgbImage Apply(RgbImage image, int example, ulong round)
    {
        double angle = Between(0, MostTurn), slant = Between(1, MostSlant), wide = 1 + Between(2, MostScale), high = 1 + Between(3, MostScale);
        double right = Between(4, MostMove) * image.Width, down = Between(5, MostMove) * image.Height;
        var (sine, cosine) = Math.SinCos(angle);
        double middleX = (image.Width - 1) / 2.0, middleY = (image.Height - 1) / 2.0;
        var result = new RgbImage(image.Width, image.Height);
        for (int y = 0; y < image.Height; y++)
        {
            var row = result.Row(y);
            double along = (y - middleY - down) * high;
            for (int x = 0; x < image.Width; x++)
            {
                double across = (x - middleX - right) * wide;
                Sample(image, cosine * across + (sine + slant) * along + middleX, cosine * along - sine * across + middleY, row.Slice(x * RgbImage.Channels, RgbImage.Channels));
            }
        }
        return result;

        double Between(int place, double most) => most * (2 * amounts.Uniform((ulong)(example * (long)Draws + place), round) - 1);
    }

    /// <summary>The colour at a place between pixels.</summary>
    private static void Sample(RgbImage image, double column, double line, Span<byte> colour)
    {
        int left = (int)Math.Floor(column), top = (int)Math.Floor(line);
        if (left < -1 || top < -1 || left >= image.Width || top >= image.Height) return;
        double part = column - left, below = line - top;
        for (int channel = 0; channel < colour.Length; channel++)
        {
            double upper = (1 - part) * At(top, left, channel) + part * At(top, left + 1, channel), lower = (1 - part) * At(top + 1, left, channel) + part * At(top + 1, left + 1, channel);
            colour[channel] = (byte)Math.Round((1 - below) * upper + below * lower);
        }

        double At(int y, int x, int channel) => x >= 0 && x < image.Width && y >= 0 && y < image.Height ? image.Row(y)[x * RgbImage.Channels + channel] : 0;
    }
}
