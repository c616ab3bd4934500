using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Cuts at white space, which goes, and around each sign of punctuation.</summary>
/// <param name="whole">Words between white space that are not cut; null for none.</param>
/// <param name="python">Whether punctuation is what transformers (Python) takes for it, by today's Unicode; else as in tokenizers (Rust).</param>
internal sealed class BertPreTokeniser(IReadOnlySet<string>? whole = null, bool python = false) : Cutter
{
    private const byte Letter = 0, Space = 1, Sign = 2;
    private static readonly byte[] Kinds = [.. Enumerable.Range(0, 128).Select(static point =>
        CharacterKind.IsSpace(point) ? Space : CharacterKind.IsPunctuation(point) ? Sign : Letter)];

    protected override void Cut(MappedText text, int from, int to, List<Split> splits)
    {
        var units = text.Units[..to];
        if (whole is null && Ascii.IsValid(units))
        {
            CutAscii(units, from, splits);
            return;
        }
        var kinds = Kinds;
        int word = from;
        for (int at = from; at < units.Length;)
        {
            int length = 1;
            char unit = units[at];
            byte kind = unit < kinds.Length ? kinds[unit] : KindOf(text.PointAt(at, out length));
            if (whole is not null && kind != Space && at == word && WholeAt(text, from, at, to) is > 0 and var end)
            {
                splits.Add(new Split(at, end));
                (word, length) = (end, end - at);
            }
            else if (kind != Letter)
            {
                if (word < at) splits.Add(new Split(word, at));
                if (kind == Sign) splits.Add(new Split(at, at + length));
                word = at + length;
            }
            at += length;
        }
        if (word < to) splits.Add(new Split(word, to));
    }

    /// <summary>Looks for what is neither letter nor digit in sixteen units at a time.</summary>
    private static void CutAscii(ReadOnlySpan<char> units, int from, List<Split> splits)
    {
        int word = from, at = from;
        while (at < units.Length)
        {
            uint found;
            int count = Math.Min(units.Length - at, Vector256<ushort>.Count);
            if (count == Vector256<ushort>.Count)
            {
                var block = Vector256.LoadUnsafe(in MemoryMarshal.GetReference(MemoryMarshal.Cast<char, ushort>(units[at..])));
                var letters = Vector256.LessThan((block | Vector256.Create((ushort)0x20)) - Vector256.Create((ushort)'a'), Vector256.Create((ushort)26));
                var digits = Vector256.LessThan(block - Vector256.Create((ushort)'0'), Vector256.Create((ushort)10));
                found = ~(letters | digits).ExtractMostSignificantBits() & 0xFFFF;
            }
            else
            {
                found = 0;
                for (int i = 0; i < count; i++)
                    if (!char.IsAsciiLetterOrDigit(units[at + i])) found |= 1u << i;
            }
            for (; found != 0; found &= found - 1)
            {
                int place = at + BitOperations.TrailingZeroCount(found);
                byte kind = Kinds[units[place]];
                // a control that was left in the text
                if (kind == Letter) continue;
                if (word < place) splits.Add(new Split(word, place));
                if (kind == Sign) splits.Add(new Split(place, place + 1));
                word = place + 1;
            }
            at += count;
        }
        if (word < units.Length) splits.Add(new Split(word, units.Length));
    }

    private byte KindOf(int point) => CharacterKind.IsSpace(point) ? Space : (python ? CharacterKind.IsPunctuation(point) : OlderUnicode.IsPunctuation(point)) ? Sign : Letter;

    /// <summary>The end of a word that is kept whole and begins here, between white space; 0 for none.</summary>
    private int WholeAt(MappedText text, int from, int at, int to)
    {
        if (at > from && !CharacterKind.IsSpace(text.Units[at - 1])) return 0;
        int end = at;
        while (end < to && !CharacterKind.IsSpace(text.PointAt(end, out int length))) end += length;
        return whole!.Contains(text.Units[at..end].ToString()) ? end : 0;
    }
}
