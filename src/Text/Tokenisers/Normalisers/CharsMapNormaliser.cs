using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>The table of replacements that a SentencePiece model carries: a trie over bytes as a double array, then the texts, each ended by a zero.</summary>
/// <remarks>Applied as tokenizers does: a short grapheme at once, else each code point, and of several beginnings that the trie knows the shortest.</remarks>
internal sealed class CharsMapNormaliser : Normaliser
{
    private const int LongestGrapheme = 6;

    private readonly uint[] units;
    private readonly string[] texts;
    private readonly Dictionary<int, int> textAt = [];

    /// <summary>Reads the table.</summary>
    /// <param name="map">Its bytes.</param>
    /// <param name="fail">Makes the complaint about one that is damaged.</param>
    public CharsMapNormaliser(ReadOnlySpan<byte> map, Func<string, CheckpointException> fail)
    {
        if (map.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(map) is var size && (size > map.Length - 4 || size % 4 != 0 || size == 0))
            throw fail("is no table of replacements: its trie is longer than the table");
        units = new uint[size / 4];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + 4 * i)..]);
        var blob = map[(4 + (int)size)..];
        var list = new List<string>();
        for (int at = 0; at < blob.Length;)
        {
            int length = blob[at..].IndexOf((byte)0);
            if (length < 0) length = blob.Length - at;
            textAt[at] = list.Count;
            list.Add(Encoding.UTF8.GetString(blob.Slice(at, length)));
            at += length + 1;
        }
        texts = [.. list];
    }

    public override void Apply(Workspace work)
    {
        var text = work.Text;
        Span<byte> bytes = stackalloc byte[LongestGrapheme + 4];
        for (int at = 0; at < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text.Units[at..]);
            int end = at + length;
            if (Encoding.UTF8.GetByteCount(text.Units[at..end]) < LongestGrapheme && Find(text.Units[at..end], bytes) is { } whole)
            {
                var (start, stop) = text.RangeOf(at, end);
                work.Spare.Append(whole, start, stop);
                at = end;
                continue;
            }
            while (at < end)
            {
                text.PointAt(at, out length);
                var (start, stop) = text.RangeOf(at, at + length);
                if (Find(text.Units.Slice(at, length), bytes) is { } part) work.Spare.Append(part, start, stop);
                else work.Spare.Append(text, at, at + length);
                at += length;
            }
        }
        work.TakeText();
    }

    /// <summary>What the shortest known beginning of a text becomes; null where none is known.</summary>
    private string? Find(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        int count = Encoding.UTF8.GetBytes(text, bytes);
        uint at = Offset(units[0]);
        foreach (byte next in bytes[..count])
        {
            at ^= next;
            if (at >= units.Length) return null;
            uint unit = units[at];
            // the label with its flag of a leaf
            if ((unit & 0x800000FF) != next) return null;
            at ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (at >= units.Length) return null;
            int value = (int)(units[at] & 0x7FFFFFFF);
            return textAt.TryGetValue(value, out int known) ? texts[known] : null;
        }
        return null;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);
}
