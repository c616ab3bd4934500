namespace Graft.Text.Tokenisers;

/// <summary>Takes away the spaces that tokenising put before punctuation and English contractions.</summary>
internal static class SpaceCleaning
{
    /// <summary>Of a whole text, as <c>clean_up_tokenization</c> of transformers.</summary>
    public static string OfText(string text) => End(Begin(text));

    /// <summary>Of a token, as the decoders of tokenizers, which know one contraction more.</summary>
    public static string OfToken(string token) => End(Begin(token).Replace(" do not", " don't", StringComparison.Ordinal));

    private static string Begin(string text) => text.Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal)
        .Replace(" n't", "n't", StringComparison.Ordinal).Replace(" 'm", "'m", StringComparison.Ordinal);

    private static string End(string text) => text.Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal)
        .Replace(" 're", "'re", StringComparison.Ordinal);
}
