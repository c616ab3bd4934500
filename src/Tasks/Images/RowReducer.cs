namespace Graft.Tasks;

/// <summary>Scales a picture down by an integer while its rows come in, so that it is never in memory whole: each pixel of the result is
/// the mean of a square, of what there is of it at the right and lower edge (Pillow's <c>Image.reduce</c>).</summary>
internal sealed class RowReducer
{
    /// <summary>What a large picture is reduced to, in pixels, and the side that is kept at least.</summary>
    private const long WantedPixels = 4_000_000, LeastSide = 512;

    private readonly int width;
    private readonly int height;
    private readonly int factor;
    private readonly int[] sums;
    private int group = -1;
    private int rows;

    public RowReducer(int width, int height, int factor)
    {
        this.width = width;
        this.height = height;
        this.factor = factor;
        Image = new RgbImage((width - 1) / factor + 1, (height - 1) / factor + 1);
        sums = factor == 1 ? [] : new int[Image.Width * RgbImage.Channels];
    }

    /// <summary>The result; complete when all rows were added.</summary>
    public RgbImage Image { get; }

    /// <summary>The integer that a picture is scaled down by; 1 for one that is decoded whole.</summary>
    public static int FactorOf(int width, int height)
    {
        long pixels = (long)width * height;
        if (pixels <= ImageDecoding.FullSizePixels) return 1;
        int wanted = (int)Math.Ceiling(Math.Sqrt((double)pixels / Math.Min(WantedPixels, ImageDecoding.FullSizePixels)));
        return (int)Math.Clamp(wanted, 1, Math.Max(1, Math.Min(width, height) / LeastSide));
    }

    /// <summary>Adds a row of RGB bytes. Rows come in order, from the top or from the bottom.</summary>
    public void Add(int y, ReadOnlySpan<byte> row)
    {
        if (factor == 1)
        {
            row.CopyTo(Image.Row(y));
            return;
        }
        if (y / factor != group) Finish();
        group = y / factor;
        rows++;
        for (int x = 0, at = 0; at < sums.Length; at += RgbImage.Channels)
        {
            int end = Math.Min(x + factor, width);
            for (; x < end; x++)
            {
                sums[at] += row[x * RgbImage.Channels];
                sums[at + 1] += row[x * RgbImage.Channels + 1];
                sums[at + 2] += row[x * RgbImage.Channels + 2];
            }
        }
        if (rows == Math.Min(factor, height - group * factor)) Finish();
    }

    private void Finish()
    {
        if (rows == 0) return;
        var to = Image.Row(group);
        for (int at = 0; at < sums.Length; at++)
        {
            int count = rows * Math.Min(factor, width - at / RgbImage.Channels * factor);
            to[at] = (byte)((sums[at] + count / 2) / count);
        }
        Array.Clear(sums);
        rows = 0;
    }
}
