namespace Graft.Tasks;

/// <summary>How texts fill the blocks that a language model learns from.</summary>
public enum TextPacking
{
    /// <summary>Each text is a block of its own.</summary>
    None,

    /// <summary>A block takes whole texts until the next does not fit; each text sees those before it in the block.</summary>
    Blocks,
}
