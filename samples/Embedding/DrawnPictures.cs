using System.Text;

namespace Graft.Samples.Embedding;

/// <summary>A folder of small pictures to learn from, a sub-folder a class: stripes across, stripes down, and checks, in any two
/// colours.</summary>
internal static class DrawnPictures
{
    private const int Side = 32;

    private static readonly string[] Classes = ["across", "checks", "down"];

    /// <summary>Draws the folder, the same at every call.</summary>
    public static void Write(string folder, int perClass)
    {
        var random = new Random(1);
        foreach (string label in Classes)
        {
            Directory.CreateDirectory(Path.Combine(folder, label));
            for (int number = 0; number < perClass; number++)
                File.WriteAllBytes(Path.Combine(folder, label, $"{number}.ppm"), Draw(label, random));
        }
    }

    /// <summary>A binary PPM file: a header in ASCII, then red, green and blue of every pixel.</summary>
    private static byte[] Draw(string label, Random random)
    {
        byte[] header = Encoding.ASCII.GetBytes($"P6 {Side} {Side} 255\n");
        var file = new byte[header.Length + Side * Side * 3];
        header.CopyTo(file, 0);
        byte[] light = Colour(random, 128), dark = Colour(random, 0);
        int width = random.Next(2, 6), startX = random.Next(Side), startY = random.Next(Side);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                int column = (x + startX) / width % 2, row = (y + startY) / width % 2;
                int stripe = label switch { "across" => row, "down" => column, _ => row ^ column };
                (stripe == 0 ? light : dark).CopyTo(file, header.Length + 3 * (y * Side + x));
            }
        }
        return file;
    }

    private static byte[] Colour(Random random, int darkest) =>
        [(byte)random.Next(darkest, darkest + 128), (byte)random.Next(darkest, darkest + 128), (byte)random.Next(darkest, darkest + 128)];
}
