using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>BERT's: controls go, white space becomes a space, ideographs stand alone, accents go, letters become small.</summary>
/// <param name="clean">Whether controls go and white space becomes spaces.</param>
/// <param name="spacesIdeographs">Whether ideographs become words of their own.</param>
/// <param name="stripsAccents">Whether the text is decomposed and nonspacing marks go.</param>
/// <param name="lowers">Whether letters become small.</param>
/// <param name="python">Whether code points are what transformers (Python) takes them for, by today's Unicode, and unassigned ones go too; else as in
/// tokenizers (Rust).</param>
internal sealed class BertNormaliser(bool clean, bool spacesIdeographs, bool stripsAccents, bool lowers, bool python = false) : Normaliser
{
    public override void Apply(Workspace work)
    {
        var text = work.Text;
        if (Ascii.IsValid(text.Units) && (!clean || !HasControls(text.Units)))
        {
            if (lowers) Ascii.ToLowerInPlace(text.Overwrite(), out _);
            return;
        }

        var target = work.Spare;
        for (int at = 0; at < text.Length;)
        {
            int point = text.PointAt(at, out int length), start = text.StartOf(at), end = text.EndOf(at + length - 1);
            at += length;
            if (point < 128)
            {
                if (clean && point < 32 && point is not ('\t' or '\n' or '\r') || clean && point == 127) continue;
                target.Append((char)(clean && point < 32 ? ' ' : lowers ? CharacterKind.Lower(point) : point), start, end);
                continue;
            }
            if (clean)
            {
                if (point == 0xFFFD || (python ? CharacterKind.IsControl(point) || CharacterKind.IsUnassigned(point) : OlderUnicode.IsControl(point))) continue;
                if (CharacterKind.IsSpace(point)) point = ' ';
            }
            bool alone = spacesIdeographs && (python ? CharacterKind.IsIdeograph(point) : OlderUnicode.IsIdeograph(point));
            if (alone) target.Append(' ', start, start);
            Append(target, point, start, end);
            if (alone) target.Append(' ', end, end);
        }
        work.TakeText();
    }

    private void Append(MappedText target, int point, int start, int end)
    {
        if (!stripsAccents)
        {
            target.Append(lowers ? CharacterKind.Lower(point) : point, start, end);
            if (lowers && point == CharacterKind.DottedI) target.Append(CharacterKind.DotAbove, start, end);
            return;
        }
        Span<int> parts = stackalloc int[18];
        parts[0] = point;
        int count = python || OlderUnicode.Decomposes(point) ? NormalisationTables.Shared.Decompose(point, compatible: false, parts) : 1;
        foreach (int part in parts[..count])
        {
            bool mark = python ? CharacterKind.IsNonspacingMark(part) : OlderUnicode.IsNonspacingMark(part);
            if (!mark) target.Append(lowers ? CharacterKind.Lower(part) : part, start, end);
        }
    }

    private static bool HasControls(ReadOnlySpan<char> text) => text.ContainsAnyInRange('\0', '\u001f') || text.Contains('\u007f');
}
