using Graft.Text;

namespace Graft.Tasks;

/// <summary>What is done to a text before the model sees it.</summary>
/// <param name="Tokeniser">Makes tokens of it.</param>
/// <param name="MaximumLength">The most tokens of a text or pair, special ones included; what is longer is cut off, or read in windows.</param>
public sealed record TextPreparation(Tokeniser Tokeniser, int MaximumLength)
{
    /// <summary>The most tokens that a text may have for a model, special ones included.</summary>
    internal int Longest(TextModel model) => Math.Min(model.Sizes.MaximumLength, Tokeniser.MaximumLength ?? int.MaxValue);

    /// <summary>The tokens of a text or a pair of texts.</summary>
    /// <param name="text">The text; lone surrogates are read as U+FFFD.</param>
    /// <param name="pair">The second text; null for none.</param>
    public TokenisedText Encode(string text, string? pair = null) => Tokeniser.Encode(text, pair, new TokeniseOptions { MaximumLength = MaximumLength });

    /// <summary>The tokens of a text that is to be written.</summary>
    /// <param name="text">The text; lone surrogates are read as U+FFFD.</param>
    internal TokenisedText EncodeTarget(string text) => Tokeniser.ForTargets.Encode(text, null, new TokeniseOptions { MaximumLength = MaximumLength });

    /// <summary>Texts as a batch, filled up to the longest of them.</summary>
    internal TextBatch Batch(TextModel model, IReadOnlyList<TokenisedText> texts) => model.Pad(
        [.. texts.Select(static text => text.Ids)], [.. texts.Select(static text => text.TokenTypes)], Tokeniser.PadsLeft ? PaddingSide.Left : PaddingSide.Right);
}
