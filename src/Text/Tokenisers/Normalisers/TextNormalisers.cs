namespace Graft.Text.Tokenisers;

/// <summary>White space at the ends goes.</summary>
internal sealed class StripNormaliser(bool left, bool right) : Normaliser
{
    public override void Apply(Workspace work)
    {
        var text = work.Text;
        int from = 0, to = text.Length;
        while (left && from < to && CharacterKind.IsSpace(text.Units[from])) from++;
        while (right && from < to && CharacterKind.IsSpace(text.Units[to - 1])) to--;
        if (from == 0 && to == text.Length) return;
        work.Spare.Append(text, from, to);
        work.TakeText();
    }
}

/// <summary>What is found becomes something else.</summary>
internal sealed class ReplaceNormaliser(TextPattern pattern, string content) : Normaliser
{
    public override void Apply(Workspace work)
    {
        var text = work.Text;
        var found = new List<(int Start, int End)>();
        pattern.Find(text.Units, found);
        if (found.Count == 0) return;
        int done = 0;
        foreach (var (from, to) in found)
        {
            work.Spare.Append(text, done, from);
            var (start, end) = text.RangeOf(from, to);
            work.Spare.Append(content, start, end);
            done = to;
        }
        work.Spare.Append(text, done, text.Length);
        work.TakeText();
    }
}

/// <summary>Something stands before each text that is not empty.</summary>
internal sealed class PrependNormaliser(string content) : Normaliser
{
    public override void Apply(Workspace work)
    {
        var text = work.Text;
        if (text.Length == 0) return;
        work.Spare.Append(content, text.StartOf(0), text.EndOf(0));
        work.Spare.Append(text, 0, text.Length);
        work.TakeText();
    }
}
