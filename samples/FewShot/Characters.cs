using System.IO.Compression;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.Samples.FewShot;

/// <summary>Handwritten characters of many alphabets (Omniglot; Lake et al. 2015): ink is 1, at 28 x 28.</summary>
/// <param name="Images">Each drawing [28 * 28].</param>
/// <param name="Labels">The number of each drawing's character.</param>
/// <param name="Alphabets">The alphabet of each character.</param>
internal sealed record Characters(IReadOnlyList<float[]> Images, IReadOnlyList<int> Labels, IReadOnlyList<string> Alphabets)
{
    public const int Side = 28;

    /// <summary>Reads archives of <c>set/alphabet/character/drawing.png</c>; a character that is in several (the small sets share two alphabets) is taken once.</summary>
    public static Characters Read(params IEnumerable<string> archives)
    {
        var (images, labels, alphabets) = (new List<float[]>(), new List<int>(), new List<string>());
        var known = new HashSet<string>();
        foreach (string path in archives)
        {
            using var archive = ZipFile.OpenRead(path);
            var drawings = archive.Entries.Where(static entry => entry.FullName.EndsWith(".png", StringComparison.Ordinal)).OrderBy(static entry => entry.FullName, StringComparer.Ordinal);
            foreach (var character in drawings.GroupBy(static entry => Path.GetDirectoryName(entry.FullName)!))
            {
                if (!known.Add(character.Key[(character.Key.IndexOf('/') + 1)..])) continue;
                foreach (var drawing in character)
                {
                    images.Add(Decode(drawing));
                    labels.Add(alphabets.Count);
                }
                alphabets.Add(Path.GetFileName(Path.GetDirectoryName(character.Key))!);
            }
        }
        return new Characters(images, labels, alphabets);
    }

    /// <summary>The characters of some alphabets.</summary>
    public Characters Of(Func<string, bool> isWanted)
    {
        var numbers = new Dictionary<int, int>();
        for (int label = 0; label < Alphabets.Count; label++)
            if (isWanted(Alphabets[label])) numbers.Add(label, numbers.Count);
        int[] kept = [.. Enumerable.Range(0, Images.Count).Where(image => numbers.ContainsKey(Labels[image]))];
        return new Characters([.. kept.Select(image => Images[image])], [.. kept.Select(image => numbers[Labels[image]])], [.. numbers.Keys.Select(label => Alphabets[label])]);
    }

    /// <summary>With every character in a mirror as a further character, where that is wanted and before it is turned.</summary>
    public Characters WithMirrored() => new(
        [.. Images, .. Images.Select(Mirrored)], [.. Labels, .. Labels.Select(label => label + Alphabets.Count)], [.. Alphabets, .. Alphabets]);

    /// <summary>With every character turned by 90, 180 and 270 degrees as further characters (Santoro et al. 2016).</summary>
    public Characters WithTurns()
    {
        var (images, labels, alphabets) = (Images.ToList(), Labels.ToList(), Alphabets.ToList());
        for (int turn = 1; turn < 4; turn++)
        {
            int first = images.Count - Images.Count;
            for (int image = 0; image < Images.Count; image++)
            {
                images.Add(Turned(images[first + image]));
                labels.Add(Labels[image] + turn * Alphabets.Count);
            }
            alphabets.AddRange(Alphabets);
        }
        return new Characters(images, labels, alphabets);
    }

    /// <summary>A drawing's ink, averaged down to 28 x 28.</summary>
    public static float[] Decode(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        var picture = RgbImage.Decode(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), entry.FullName);
        var ink = new float[Side * Side];
        for (int y = 0; y < Side; y++)
        {
            var (top, bottom) = (y * picture.Height / Side, (y + 1) * picture.Height / Side);
            for (int x = 0; x < Side; x++)
            {
                var (left, right) = (x * picture.Width / Side, (x + 1) * picture.Width / Side);
                double sum = 0;
                for (int row = top; row < bottom; row++)
                    for (int column = left; column < right; column++) sum += 255 - picture.Row(row)[3 * column];
                ink[y * Side + x] = (float)(sum / (255.0 * (bottom - top) * (right - left)));
            }
        }
        return ink;
    }

    /// <summary>A drawing a little larger or smaller, turned, slanted and moved by chance, each of its pixels between the four that it lies between.</summary>
    /// <param name="image">The drawing.</param>
    /// <param name="random">What is drawn from.</param>
    /// <param name="number">Which draw it is.</param>
    public static float[] Varied(float[] image, RandomStream random, ulong number)
    {
        double angle = Between(0, MostTurn), slant = Between(1, MostSlant), wide = 1 + Between(2, MostScale), high = 1 + Between(3, MostScale), right = Between(4, MostMove), down = Between(5, MostMove);
        var (sine, cosine) = Math.SinCos(angle);
        const double Middle = (Side - 1) / 2.0;
        var varied = new float[image.Length];
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                double across = (x - Middle - right) * wide, along = (y - Middle - down) * high;
                double column = cosine * across + (sine + slant) * along + Middle, row = -sine * across + cosine * along + Middle;
                int left = (int)Math.Floor(column), top = (int)Math.Floor(row);
                double part = column - left, below = row - top;
                varied[y * Side + x] = (float)((1 - below) * ((1 - part) * At(top, left) + part * At(top, left + 1)) + below * ((1 - part) * At(top + 1, left) + part * At(top + 1, left + 1)));
            }
        }
        return varied;

        double Between(ulong place, double most) => most * (2 * random.Uniform(6 * number + place) - 1);

        float At(int y, int x) => x is >= 0 and < Side && y is >= 0 and < Side ? image[y * Side + x] : 0;
    }

    private const double MostTurn = Math.PI / 12, MostSlant = 0.2, MostScale = 0.15, MostMove = 2;

    private static float[] Mirrored(float[] image)
    {
        var mirrored = new float[image.Length];
        for (int at = 0; at < image.Length; at++) mirrored[at / Side * Side + Side - 1 - at % Side] = image[at];
        return mirrored;
    }

    private static float[] Turned(float[] image)
    {
        var turned = new float[image.Length];
        for (int y = 0; y < Side; y++)
            for (int x = 0; x < Side; x++) turned[x * Side + Side - 1 - y] = image[y * Side + x];
        return turned;
    }
}
