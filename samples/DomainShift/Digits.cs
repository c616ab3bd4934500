using System.Globalization;
using System.IO.Compression;
using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.Samples.DomainShift;

/// <summary>Digits of several kinds.</summary>
internal static class Digits
{
    private const int Side = 28, Small = 8, Levels = 16;

    private static readonly string[] Names = [.. Enumerable.Range(0, 10).Select(static digit => digit.ToString(CultureInfo.InvariantCulture))];

    /// <summary>White handwriting on black: <c>images</c> [count, 28, 28] and <c>labels</c> of a NumPy archive.</summary>
    public static LabelledImages Handwritten(string path) => Make(path, static (pixels, image) =>
    {
        for (int i = 0; i < pixels.Length; i++) image.Pixels.AsSpan(3 * i, 3).Fill(pixels[i]);
    });

    /// <summary>The same, each on a piece of a photograph, whose colours it turns around, as MNIST-M is made (Ganin et al. 2016): |photograph - digit|.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="photographs">A folder of pictures of 28 x 28 pixels at least.</param>
    /// <param name="piece">Pixels a side of the pieces, which are enlarged to 28. MNIST-M's are a sixteenth of a photograph wide and so quite plain; photographs of 32 pixels that
    /// are blended in whole are busier than any digit.</param>
    /// <param name="seed">The seed of the draw.</param>
    public static LabelledImages Blended(string path, string photographs, int piece, ulong seed)
    {
        var behind = UnlabelledImages.Open(photographs);
        var random = new RandomStream(seed, "blended");
        ulong number = 0;
        return Make(path, (pixels, image) =>
        {
            ulong at = 3 * number++;
            var photograph = behind.Load(random.Below(behind.Count, at));
            int top = random.Below(photograph.Height - piece + 1, at + 1), left = random.Below(photograph.Width - piece + 1, at + 2);
            for (int y = 0; y < Side; y++)
                for (int x = 0; x < 3 * Side; x++)
                    image.Pixels[3 * Side * y + x] = (byte)Math.Abs(Enlarged(photograph, top, left, piece, y, x / 3, x % 3) - pixels[Side * y + x / 3]);
        });
    }

    /// <summary>A pixel of a piece that is enlarged, between the four that it lies between.</summary>
    private static int Enlarged(RgbImage photograph, int top, int left, int piece, int y, int x, int channel)
    {
        double scale = (double)piece / Side, row = Math.Clamp((y + 0.5) * scale - 0.5, 0, piece - 1), column = Math.Clamp((x + 0.5) * scale - 0.5, 0, piece - 1);
        int above = (int)row, before = (int)column, below = Math.Min(above + 1, piece - 1), behind = Math.Min(before + 1, piece - 1);
        double down = row - above, across = column - before;
        return (int)Math.Round((1 - down) * ((1 - across) * At(above, before) + across * At(above, behind)) + down * ((1 - across) * At(below, before) + across * At(below, behind)));

        double At(int y, int x) => photograph.Row(top + y)[3 * (left + x) + channel];
    }

    /// <summary>Digits of 8 x 8 pixels and 17 levels, a line each with the digit in the end (scikit-learn's).</summary>
    public static LabelledImages Optical(string path)
    {
        var (images, labels) = (new List<RgbImage>(), new List<int>());
        using var lines = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (lines.ReadLine() is { } line)
        {
            int[] numbers = [.. line.Split(',').Select(static text => (int)double.Parse(text, CultureInfo.InvariantCulture))];
            var image = new RgbImage(Small, Small);
            for (int i = 0; i < Small * Small; i++) image.Pixels.AsSpan(3 * i, 3).Fill((byte)(numbers[i] * 255 / Levels));
            images.Add(image);
            labels.Add(numbers[^1]);
        }
        return new LabelledImages(path, Names, new InMemoryImages(path, images), labels);
    }

    private static LabelledImages Make(string path, Draw draw)
    {
        using var archive = NumpyArchive.Open(path);
        byte[] pixels = archive.Read("images").Bytes;
        int[] labels = archive.Read("labels").ToInt32();
        var images = new RgbImage[labels.Length];
        for (int number = 0; number < images.Length; number++)
        {
            images[number] = new RgbImage(Side, Side);
            draw(pixels.AsSpan(number * Side * Side, Side * Side), images[number]);
        }
        return new LabelledImages(path, Names, new InMemoryImages(path, images), labels);
    }

    private delegate void Draw(ReadOnlySpan<byte> pixels, RgbImage image);
}
