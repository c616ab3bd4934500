namespace Graft.Text.Tokenisers;

/// <summary>A step from tokens back to text.</summary>
internal abstract class Decoder
{
    /// <summary>Changes the list; joined, it is the text.</summary>
    public abstract void Apply(List<string> tokens);
}

/// <summary>Steps one after the other.</summary>
internal sealed class DecoderSequence(IReadOnlyList<Decoder> steps) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        foreach (var step in steps) step.Apply(tokens);
    }
}
