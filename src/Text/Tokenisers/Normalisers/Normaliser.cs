namespace Graft.Text.Tokenisers;

/// <summary>A step that changes the text before it is cut into words.</summary>
internal abstract class Normaliser
{
    /// <summary>Changes the workspace's text.</summary>
    public abstract void Apply(Workspace work);

    /// <summary>A text of its own, normalised.</summary>
    public string Apply(string text)
    {
        var work = new Workspace { AtBeginning = true };
        work.Text.Load(text, 0, text.Length);
        Apply(work);
        return work.Text.Units.ToString();
    }
}

/// <summary>Steps one after the other.</summary>
internal sealed class NormaliserSequence(IReadOnlyList<Normaliser> steps) : Normaliser
{
    public override void Apply(Workspace work)
    {
        foreach (var step in steps) step.Apply(work);
    }
}
