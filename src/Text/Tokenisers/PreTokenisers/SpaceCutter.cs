namespace Graft.Text.Tokenisers;

/// <summary>Cuts at white space, which goes.</summary>
/// <param name="separators">Whether the four separators among the controls are white space too, as in Python.</param>
internal sealed class SpaceCutter(bool separators = false) : Cutter
{
    protected override void Cut(MappedText text, int from, int to, List<Split> splits)
    {
        int word = from;
        for (int at = from; at < to;)
        {
            int point = text.PointAt(at, out int length);
            if (CharacterKind.IsSpace(point) || separators && point is >= 0x1C and <= 0x1F)
            {
                if (word < at) splits.Add(new Split(word, at));
                word = at + length;
            }
            at += length;
        }
        if (word < to) splits.Add(new Split(word, to));
    }
}
