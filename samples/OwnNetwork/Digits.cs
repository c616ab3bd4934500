using Graft.Models;
using Graft.Tensors;

namespace Graft.Samples.OwnNetwork;

/// <summary>Pictures of digits as arrays: bytes [count, 28, 28] and a class number each. MNIST from an <c>.npz</c> file, or digits of
/// seven strokes that are drawn here, so that the sample runs with nothing.</summary>
/// <param name="Pixels">[count, 28, 28], row by row, 0 to 255.</param>
/// <param name="Labels">[count].</param>
internal sealed record Digits(byte[] Pixels, int[] Labels)
{
    public const int Side = 28;

    // which of the strokes a digit has: top, upper left, upper right, middle, lower left, lower right, bottom
    private static readonly string[] Strokes =
        ["1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010", "1111111", "1111011"];

    private static readonly (double X0, double Y0, double X1, double Y1)[] Lines =
        [(8, 5, 19, 5), (8, 5, 8, 14), (19, 5, 19, 14), (8, 14, 19, 14), (8, 14, 8, 23), (19, 14, 19, 23), (8, 23, 19, 23)];

    public int Count => Labels.Length;

    /// <summary>Reads <c>images</c> and <c>labels</c> of a NumPy archive.</summary>
    public static Digits Read(string path)
    {
        using var archive = NumpyArchive.Open(path);
        return new Digits(archive.Read("images").Bytes, archive.Read("labels").ToInt32());
    }

    /// <summary>Draws digits, each leaning, moved and smudged in its own way; the same at every call.</summary>
    public static Digits Draw(int count, int seed)
    {
        var random = new Random(seed);
        var pixels = new byte[count * Side * Side];
        int[] labels = [.. Enumerable.Range(0, count).Select(_ => random.Next(10))];
        for (int number = 0; number < count; number++) DrawOne(pixels.AsSpan(number * Side * Side, Side * Side), labels[number], random);
        return new Digits(pixels, labels);
    }

    /// <summary>Some of the pictures as a tensor [n, 1, 28, 28] of numbers around 0.</summary>
    public Tensor<float> Images(ReadOnlySpan<int> numbers)
    {
        var values = new float[numbers.Length * Side * Side];
        for (int row = 0; row < numbers.Length; row++)
            for (int i = 0; i < Side * Side; i++) values[row * Side * Side + i] = Pixels[numbers[row] * Side * Side + i] / 127.5f - 1f;
        return Tensor.From<float>([numbers.Length, 1, Side, Side], values);
    }

    private static void DrawOne(Span<byte> picture, int digit, Random random)
    {
        double lean = random.NextDouble() * 0.5 - 0.25, scale = 0.75 + random.NextDouble() * 0.35, width = 0.8 + random.NextDouble() * 1.2;
        double moveX = random.NextDouble() * 6 - 3, moveY = random.NextDouble() * 6 - 3;
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                // back from the picture to the upright digit
                double v = (y - 14 - moveY) / scale + 14, u = (x - 14 - moveX) / scale + 14 + lean * (v - 14), nearest = double.MaxValue;
                for (int stroke = 0; stroke < Lines.Length; stroke++)
                    if (Strokes[digit][stroke] == '1') nearest = Math.Min(nearest, Distance(u, v, Lines[stroke]));
                double ink = Math.Clamp(1.5 + width - nearest, 0, 1) * 220 + random.NextDouble() * 60 - 20;
                picture[y * Side + x] = (byte)Math.Clamp(ink, 0, 255);
            }
        }
    }

    private static double Distance(double x, double y, (double X0, double Y0, double X1, double Y1) line)
    {
        double dx = line.X1 - line.X0, dy = line.Y1 - line.Y0;
        double share = Math.Clamp(((x - line.X0) * dx + (y - line.Y0) * dy) / (dx * dx + dy * dy), 0, 1);
        return Math.Sqrt(Math.Pow(x - line.X0 - share * dx, 2) + Math.Pow(y - line.Y0 - share * dy, 2));
    }
}
