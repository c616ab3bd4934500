namespace Graft.Text.Tokenisers;

/// <summary>What makes tokens of a word.</summary>
internal abstract class TokenModel(Vocabulary vocabulary)
{
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>The number of the token for what is unknown; null for none.</summary>
    public virtual int? Unknown => null;

    /// <summary>Adds the tokens of one word; their ranges are of the whole text, in which the word begins at <paramref name="at"/>.</summary>
    public abstract void Tokenise(ReadOnlySpan<char> word, int at, TokenList tokens);
}
