using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>BERT's: controls go, white space becomes a space, ideographs stand alone, accents go, letters become small.</summary>
/// <param name="clean">Whether controls go and white space becomes spaces.</param>
/// <param name="spacesIdeographs">Whether ideographs become words of their own.</param>
/// <param name="stripsAccents">Whether the text is decomposed and nonspacing marks go.</param>
/// <param name="lowers">Whether letters become small.</param>
/// <param name="dropsUnassigned">Whether code points that Unicode has not given to anything go too.</param>
internal sealed class BertNormaliser(bool clean, bool spacesIdeographs, bool stripsAccents, bool lowers, bool dropsUnassigned = false) : Normaliser
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
                if (point == 0xFFFD || CharacterKind.IsControl(point) || dropsUnassigned && CharacterKind.IsUnassigned(point)) continue;
                if (CharacterKind.IsSpace(point)) point = ' ';
            }
            bool alone = spacesIdeographs && CharacterKind.IsIdeograph(point);
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
        int count = NormalisationTables.Shared.Decompose(point, compatible: false, parts);
        foreach (int part in parts[..count])
            if (!CharacterKind.IsNonspacingMark(part)) target.Append(lowers ? CharacterKind.Lower(part) : part, start, end);
    }

    private static bool HasControls(ReadOnlySpan<char> text) => text.ContainsAnyInRange('\0', '\u001f') || text.Contains('\u007f');
}
