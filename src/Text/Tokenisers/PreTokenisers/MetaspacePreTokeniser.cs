namespace Graft.Text.Tokenisers;

/// <summary>Which parts of a text get the sign of a space before them.</summary>
internal enum PrependScheme
{
    Always,
    Never,

    /// <summary>That with which the text begins.</summary>
    First,
}

/// <summary>Writes spaces as a sign, and cuts before each.</summary>
internal sealed class MetaspacePreTokeniser(char sign, PrependScheme scheme, bool cuts) : PreTokeniser
{
    private readonly Prefixes.Wants wants = (work, split) => work.Text.Units[split.Start] is var first && first != sign && first != ' '
        && (scheme == PrependScheme.Always || scheme == PrependScheme.First && work.AtBeginning && split.Start == 0);

    public override void Apply(Workspace work)
    {
        if (scheme != PrependScheme.Never) Prefixes.Put(work, sign, wants);
        var units = work.Text.Overwrite();
        foreach (var split in work.Splits)
            if (split.Id < 0) units[split.Start..split.End].Replace(' ', sign);
        if (!cuts) return;
        foreach (var split in work.Splits)
        {
            int start = split.Start;
            if (split.Id < 0)
                for (int at = start + 1; at < split.End; at++)
                {
                    if (units[at] != sign) continue;
                    work.SpareSplits.Add(new Split(start, at));
                    start = at;
                }
            work.SpareSplits.Add(split with { Start = start });
        }
        work.TakeSplits();
    }
}
