namespace Graft.Text.Tokenisers;

/// <summary>Puts a sign before the splits that want one.</summary>
internal static class Prefixes
{
    /// <summary>Whether a split wants it.</summary>
    public delegate bool Wants(Workspace work, Split split);

    /// <summary>Puts it; it lies where the split's first unit does.</summary>
    public static void Put(Workspace work, char sign, Wants wants)
    {
        bool any = false;
        foreach (var split in work.Splits) any |= split.Id < 0 && wants(work, split);
        if (!any) return;
        var (text, target) = (work.Text, work.Spare);
        foreach (var split in work.Splits)
        {
            int before = target.Length;
            if (split.Id < 0 && wants(work, split)) target.Append(sign, text.StartOf(split.Start), text.EndOf(split.Start));
            target.Append(text, split.Start, split.End);
            work.SpareSplits.Add(new Split(before, target.Length, split.Id));
        }
        work.TakeText();
        work.TakeSplits();
    }
}
