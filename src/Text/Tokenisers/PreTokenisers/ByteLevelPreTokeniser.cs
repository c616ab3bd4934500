namespace Graft.Text.Tokenisers;

/// <summary>Cuts as GPT-2 does, and writes bytes as signs.</summary>
/// <param name="spaces">Whether each part that does not begin with a space gets one.</param>
/// <param name="cuts">Whether it cuts: contractions, letters, numbers and other signs, each with the space before them, and white space.</param>
internal sealed class ByteLevelPreTokeniser(bool spaces, bool cuts) : PreTokeniser
{
    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    public override void Apply(Workspace work)
    {
        if (spaces) Prefixes.Put(work, ' ', static (work, split) => work.Text.Units[split.Start] != ' ');
        var (text, target) = (work.Text, work.Spare);
        foreach (var split in work.Splits)
        {
            int before = target.Length;
            if (split.Id >= 0)
            {
                target.Append(text, split.Start, split.End);
                work.SpareSplits.Add(new Split(before, target.Length, split.Id));
                continue;
            }
            for (int at = split.Start; at < split.End; before = target.Length)
            {
                int end = cuts ? EndOf(text, at, split.End) : split.End;
                while (at < end)
                {
                    int point = text.PointAt(at, out int length);
                    ByteSigns.Append(point, target, text.StartOf(at), text.EndOf(at + length - 1));
                    at += length;
                }
                work.SpareSplits.Add(new Split(before, target.Length));
            }
        }
        work.TakeText();
        work.TakeSplits();
    }

    /// <summary>The end of the word that begins here.</summary>
    private static int EndOf(MappedText text, int at, int to)
    {
        if (Contraction(text.Units[at..to]) is > 0 and var contraction) return at + contraction;
        var kind = KindAt(text, at, out int length);
        if (kind != Kind.Space) return RunEnd(text, at + length, to, kind);
        int end = RunEnd(text, at + 1, to, Kind.Space);
        // white space before a word leaves its last unit to it, and a space is part of the word
        if (end < to && end > at + 1) return end - 1;
        return end < to && text.Units[at] == ' ' ? RunEnd(text, end, to, KindAt(text, end, out _)) : end;
    }

    private static int RunEnd(MappedText text, int at, int to, Kind kind)
    {
        while (at < to && KindAt(text, at, out int length) == kind) at += length;
        return at;
    }

    private static Kind KindAt(MappedText text, int at, out int length)
    {
        int point = text.PointAt(at, out length);
        return CharacterKind.IsLetter(point) ? Kind.Letter : CharacterKind.IsSpace(point) ? Kind.Space : CharacterKind.IsNumber(point) ? Kind.Number : Kind.Other;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text[0] != '\'' || text.Length < 2) return 0;
        if (text[1] is 's' or 't' or 'm' or 'd') return 2;
        return text.Length > 2 && (text[1], text[2]) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }
}
