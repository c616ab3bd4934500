namespace Graft.Text.Tokenisers;

/// <summary>What becomes of what a cut is made at.</summary>
internal enum CutBehaviour
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Cuts a range into what is found and what is not, and then by a behaviour.</summary>
internal abstract class BehavingCutter(CutBehaviour behaviour) : Cutter
{
    protected override void Cut(MappedText text, int from, int to, List<Split> splits)
    {
        var found = new List<(int Start, int End, bool Found)>();
        Find(text, from, to, found);
        int first = splits.Count;
        bool before = false;
        if (behaviour == CutBehaviour.MergedWithNext)
        {
            for (int i = found.Count - 1; i >= 0; i--)
            {
                var part = found[i];
                if (part.Found && !before && splits.Count > first) splits[^1] = splits[^1] with { Start = part.Start };
                else splits.Add(new Split(part.Start, part.End));
                before = part.Found;
            }
            splits.Reverse(first, splits.Count - first);
            return;
        }
        foreach (var part in found)
        {
            bool merges = splits.Count > first && (behaviour == CutBehaviour.MergedWithPrevious && part.Found && !before
                || behaviour == CutBehaviour.Contiguous && part.Found == before);
            if (merges) splits[^1] = splits[^1] with { End = part.End };
            else if (!part.Found || behaviour != CutBehaviour.Removed) splits.Add(new Split(part.Start, part.End));
            before = part.Found;
        }
    }

    /// <summary>Adds the parts of a range, all of it, none empty.</summary>
    protected abstract void Find(MappedText text, int from, int to, List<(int Start, int End, bool Found)> parts);
}

/// <summary>Cuts at what a pattern finds.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="inverted">Whether what it does not find is cut at.</param>
/// <param name="behaviour">What becomes of it.</param>
internal sealed class PatternCutter(TextPattern pattern, bool inverted, CutBehaviour behaviour) : BehavingCutter(behaviour)
{
    protected override void Find(MappedText text, int from, int to, List<(int Start, int End, bool Found)> parts)
    {
        var matches = new List<(int Start, int End)>();
        pattern.Find(text.Units[from..to], matches);
        int done = from;
        foreach (var (start, end) in matches)
        {
            if (done < from + start) parts.Add((done, from + start, inverted));
            parts.Add((from + start, from + end, !inverted));
            done = from + end;
        }
        if (done < to) parts.Add((done, to, inverted));
    }
}

/// <summary>Cuts at each code point of a kind.</summary>
internal sealed class PointCutter(Predicate<int> isFound, CutBehaviour behaviour) : BehavingCutter(behaviour)
{
    protected override void Find(MappedText text, int from, int to, List<(int Start, int End, bool Found)> parts)
    {
        int done = from;
        for (int at = from; at < to;)
        {
            bool found = isFound(text.PointAt(at, out int length));
            if (found)
            {
                if (done < at) parts.Add((done, at, false));
                parts.Add((at, at + length, true));
                done = at + length;
            }
            at += length;
        }
        if (done < to) parts.Add((done, to, false));
    }
}

/// <summary>Keeps words and runs of other signs; white space goes.</summary>
internal sealed class WordCutter : Cutter
{
    private const int Space = 0, Word = 1, Other = 2;

    protected override void Cut(MappedText text, int from, int to, List<Split> splits)
    {
        int start = from, kind = Space;
        for (int at = from; at < to;)
        {
            int point = text.PointAt(at, out int length);
            int now = CharacterKind.IsWord(point) ? Word : CharacterKind.IsSpace(point) ? Space : Other;
            if (now != kind)
            {
                if (kind != Space) splits.Add(new Split(start, at));
                (start, kind) = (at, now);
            }
            at += length;
        }
        if (kind != Space) splits.Add(new Split(start, to));
    }
}
