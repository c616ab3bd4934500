namespace Graft.Text.Tokenisers;

/// <summary>A step that cuts the normalised text into words.</summary>
internal abstract class PreTokeniser
{
    /// <summary>Cuts the workspace's splits further.</summary>
    public abstract void Apply(Workspace work);
}

/// <summary>Steps one after the other.</summary>
internal sealed class PreTokeniserSequence(IReadOnlyList<PreTokeniser> steps) : PreTokeniser
{
    public override void Apply(Workspace work)
    {
        foreach (var step in steps) step.Apply(work);
    }
}

/// <summary>A step that only cuts, and leaves what it cuts as it is.</summary>
internal abstract class Cutter : PreTokeniser
{
    public override void Apply(Workspace work)
    {
        foreach (var split in work.Splits)
        {
            if (split.Id >= 0) work.SpareSplits.Add(split);
            else Cut(work.Text, split.Start, split.End, work.SpareSplits);
        }
        work.TakeSplits();
    }

    /// <summary>Adds the parts of a range, none of them empty.</summary>
    protected abstract void Cut(MappedText text, int from, int to, List<Split> splits);
}
