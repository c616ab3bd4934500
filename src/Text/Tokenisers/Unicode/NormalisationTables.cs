using System.IO.Compression;

namespace Graft.Text.Tokenisers;

/// <summary>Unicode's combining classes, decompositions and compositions. They are here because a build without ICU, as ours, normalises nothing.</summary>
/// <remarks>Unicode Standard Annex 15. Hangul is arithmetic.</remarks>
internal sealed class NormalisationTables
{
    public const int FirstCombining = 0x300;
    private const int Block = 128;
    private const int FirstSyllable = 0xAC00, Syllables = 11172, FirstLead = 0x1100, FirstVowel = 0x1161, BeforeTrail = 0x11A7;
    private const int Leads = 19, Vowels = 21, Trails = 28;
    private static readonly Lazy<NormalisationTables> Made = new(static () => new NormalisationTables());

    // code point -> block -> (row of decompositions, combining class); block 0 and row 0 are empty
    private readonly ushort[] blocks = new ushort[0x110000 / Block];
    private readonly List<ushort[]> rows = [new ushort[Block]];
    private readonly List<byte[]> classes = [new byte[Block]];
    private readonly List<(int Start, int Canonical, int Compatible)> mappings = [(0, 0, 0)];
    private readonly List<int> points = [];
    private readonly Dictionary<long, int> pairs = [];

    private NormalisationTables()
    {
        byte[] data = new byte[NormalisationData.Length];
        using (var stream = new DeflateStream(new MemoryStream(Convert.FromBase64String(NormalisationData.Packed)), CompressionMode.Decompress))
            stream.ReadExactly(data);
        int at = 0, point = 0;
        for (int runs = Number(data, ref at); runs > 0; runs--)
        {
            point += Number(data, ref at);
            int length = Number(data, ref at);
            byte combining = data[at++];
            for (int i = 0; i < length; i++, point++) classes[BlockOf(point)][point % Block] = combining;
        }
        point = 0;
        for (int count = Number(data, ref at); count > 0; count--)
        {
            point += Number(data, ref at);
            int start = points.Count;
            int canonical = Points(data, ref at), compatible = Points(data, ref at);
            rows[BlockOf(point)][point % Block] = (ushort)mappings.Count;
            mappings.Add((start, canonical, compatible));
            if (Number(data, ref at) == 2) pairs.Add(Pair(Number(data, ref at), Number(data, ref at)), point);
        }
    }

    public static NormalisationTables Shared => Made.Value;

    public byte CombiningClassOf(int point) => classes[blocks[point / Block]][point % Block];

    /// <summary>The full decomposition of a code point, at most 18 code points; it alone where it has none.</summary>
    /// <returns>How many were written.</returns>
    public int Decompose(int point, bool compatible, Span<int> target)
    {
        uint syllable = (uint)(point - FirstSyllable);
        if (syllable < Syllables)
        {
            target[0] = FirstLead + (int)syllable / (Vowels * Trails);
            target[1] = FirstVowel + (int)syllable % (Vowels * Trails) / Trails;
            target[2] = BeforeTrail + (int)syllable % Trails;
            return target[2] == BeforeTrail ? 2 : 3;
        }
        var (start, canonical, further) = mappings[rows[blocks[point / Block]][point % Block]];
        if (compatible && further > 0) (start, canonical) = (start + canonical, further);
        if (canonical == 0)
        {
            target[0] = point;
            return 1;
        }
        for (int i = 0; i < canonical; i++) target[i] = points[start + i];
        return canonical;
    }

    /// <summary>What two code points compose to; -1 for nothing.</summary>
    public int Compose(int first, int second)
    {
        uint lead = (uint)(first - FirstLead), vowel = (uint)(second - FirstVowel), trail = (uint)(second - BeforeTrail), syllable = (uint)(first - FirstSyllable);
        if (lead < Leads && vowel < Vowels) return FirstSyllable + ((int)lead * Vowels + (int)vowel) * Trails;
        if (syllable < Syllables && syllable % Trails == 0 && trail is > 0 and < Trails) return first + (int)trail;
        return pairs.TryGetValue(Pair(first, second), out int composed) ? composed : -1;
    }

    private static long Pair(int first, int second) => (long)first << 32 | (uint)second;

    private int BlockOf(int point)
    {
        ref ushort block = ref blocks[point / Block];
        if (block == 0)
        {
            block = (ushort)rows.Count;
            rows.Add(new ushort[Block]);
            classes.Add(new byte[Block]);
        }
        return block;
    }

    private int Points(byte[] data, ref int at)
    {
        int count = Number(data, ref at);
        for (int i = 0; i < count; i++) points.Add(Number(data, ref at));
        return count;
    }

    private static int Number(byte[] data, ref int at)
    {
        int value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = data[at++];
            value |= (next & 127) << shift;
            if (next < 128) return value;
        }
    }
}
