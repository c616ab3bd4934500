using Graft.Text;

namespace Graft.Tasks;

/// <summary>The tokens that a language model reads of a text: with its begin token where the tokeniser puts one or has one that is not the end token too.</summary>
internal static class CausalTokens
{
    /// <summary>A text that is to be continued: without what the tokeniser puts behind texts.</summary>
    /// <param name="tokeniser">The tokeniser.</param>
    /// <param name="text">The text.</param>
    /// <param name="begin">What an empty text begins with; null for the tokeniser's begin token or end token.</param>
    /// <exception cref="ArgumentException">The text is empty, and there is no token to begin with.</exception>
    public static int[] OfPrompt(Tokeniser tokeniser, string text, int? begin)
    {
        var tokens = Of(tokeniser, text);
        if (tokens.Count > 0) return [.. tokens];
        return [begin ?? tokeniser.BeginId ?? tokeniser.EndId ?? throw new ArgumentException("the prompt has no token, and the model none to begin with: give it a word")];
    }

    /// <summary>A text that is learnt from: with its end token, where there is one.</summary>
    public static int[] OfText(Tokeniser tokeniser, string text)
    {
        var tokens = Of(tokeniser, text);
        if (tokeniser.EndId is { } end) tokens.Add(end);
        return [.. tokens];
    }

    private static List<int> Of(Tokeniser tokeniser, string text)
    {
        var encoded = tokeniser.Encode(text);
        int count = encoded.Length;
        while (count > 0 && encoded.Words[count - 1] < 0 && (encoded.Ids[count - 1] == tokeniser.EndId || encoded.Ids[count - 1] == tokeniser.SeparatorId)) count--;
        var tokens = new List<int>(encoded.Ids[..count]);
        if (tokeniser.BeginId is { } begin && begin != tokeniser.EndId && (count == 0 || tokens[0] != begin)) tokens.Insert(0, begin);
        return tokens;
    }
}
