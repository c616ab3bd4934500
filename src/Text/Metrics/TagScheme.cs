namespace Graft.Text;

/// <summary>How tags say where an entity begins and ends.</summary>
public enum TagScheme
{
    /// <summary>Any of the schemes, read leniently: an entity begins where a tag differs from the one before (<c>seqeval</c>'s default, that of
    /// <c>conlleval</c>).</summary>
    Lenient,

    /// <summary><c>B-X I-X I-X</c>: what does not begin with B is no entity (<c>seqeval</c>'s strict mode with <c>IOB2</c>).</summary>
    Iob2,

    /// <summary><c>B-X I-X E-X</c> and <c>S-X</c>: what is not closed is no entity (<c>seqeval</c>'s strict mode with <c>IOBES</c>).</summary>
    Iobes,
}
