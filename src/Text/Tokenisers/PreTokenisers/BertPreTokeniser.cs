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
        var units = text.Units;
        int word = from;
        for (int at = from; at < to;)
        {
            int length = 1;
            char unit = units[at];
            byte kind = unit < 128 ? Kinds[unit] : KindOf(text.PointAt(at, out length));
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
