using System.IO.Compression;
using Graft.Tasks;

namespace Graft.Samples.FewShot;

/// <summary>Handwritten characters of many alphabets (Omniglot; Lake et al. 2015): ink is white, at 28 x 28.</summary>
internal static class Characters
{
    private const int Side = 28, Channels = 3;

    /// <summary>Reads archives of <c>set/alphabet/character/drawing.png</c>; a character that is in several (the small sets share two alphabets) is taken once.</summary>
    /// <returns>The characters as classes, each called <c>alphabet/character</c>.</returns>
    public static LabelledImages Read(params IEnumerable<string> archives)
    {
        var (images, labels, names) = (new List<RgbImage>(), new List<int>(), new List<string>());
        foreach (string path in archives)
        {
            using var archive = ZipFile.OpenRead(path);
            var drawings = archive.Entries.Where(static entry => entry.Name.EndsWith(".png", StringComparison.Ordinal)).OrderBy(static entry => entry.FullName, StringComparer.Ordinal);
            foreach (var character in drawings.GroupBy(static entry => Path.GetDirectoryName(entry.FullName)!))
            {
                string name = character.Key[(character.Key.IndexOf('/') + 1)..];
                if (names.Contains(name)) continue;
                foreach (var drawing in character)
                {
                    images.Add(Decode(drawing));
                    labels.Add(names.Count);
                }
                names.Add(name);
            }
        }
        return Of(images, names, labels);
    }

    /// <summary>The alphabet of a character.</summary>
    public static string Alphabet(string name) => name[..name.IndexOf('/')];

    /// <summary>The characters of some alphabets.</summary>
    public static LabelledImages Where(this LabelledImages all, Func<string, bool> isWanted)
    {
        string[] names = [.. all.ClassNames.Where(name => isWanted(Alphabet(name)))];
        int[] kept = [.. Enumerable.Range(0, all.Count).Where(index => isWanted(Alphabet(all.ClassNames[all.Label(index)])))];
        return Of([.. kept.Select(all.Load)], names, [.. kept.Select(index => Array.IndexOf(names, all.ClassNames[all.Label(index)]))]);
    }

    /// <summary>With every character in a mirror as a further one, and then each turned by 90, 180 and 270 degrees as further ones (Santoro et al. 2016).</summary>
    public static LabelledImages WithTurns(this LabelledImages all, bool isMirrored)
    {
        var (images, labels, names) = (new List<RgbImage>(), new List<int>(), new List<string>());
        for (int mirror = 0; mirror < (isMirrored ? 2 : 1); mirror++)
        {
            for (int turn = 0; turn < 4; turn++)
            {
                int first = names.Count;
                for (int index = 0; index < all.Count; index++)
                {
                    images.Add(Moved(all.Load(index), mirror == 1, turn));
                    labels.Add(first + all.Label(index));
                }
                names.AddRange(all.ClassNames.Select(name => $"{name}, {(mirror == 1 ? "mirrored, " : "")}{90 * turn} degrees"));
            }
        }
        return Of(images, names, labels);
    }

    /// <summary>A drawing's ink, averaged down to 28 x 28.</summary>
    public static RgbImage Decode(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        var picture = RgbImage.Decode(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), entry.FullName);
        return Drawn((y, x) =>
        {
            int top = y * picture.Height / Side, bottom = (y + 1) * picture.Height / Side, left = x * picture.Width / Side, right = (x + 1) * picture.Width / Side;
            double sum = 0;
            for (int row = top; row < bottom; row++)
                for (int column = left; column < right; column++) sum += 255 - picture.Row(row)[Channels * column];
            return (byte)Math.Round(sum / ((bottom - top) * (right - left)));
        });
    }

    private static LabelledImages Of(IReadOnlyList<RgbImage> images, IReadOnlyList<string> names, IReadOnlyList<int> labels) =>
        new("characters", names, new InMemoryImages("characters", images), labels);

    private static RgbImage Moved(RgbImage image, bool isMirrored, int turn) => Drawn((y, x) =>
    {
        for (int quarter = 0; quarter < turn; quarter++) (y, x) = (Side - 1 - x, y);
        return image.Row(y)[Channels * (isMirrored ? Side - 1 - x : x)];
    });

    private static RgbImage Drawn(Func<int, int, byte> ink)
    {
        var image = new RgbImage(Side, Side);
        for (int y = 0; y < Side; y++)
            for (int x = 0; x < Side; x++) image.Row(y).Slice(Channels * x, Channels).Fill(ink(y, x));
        return image;
    }
}
