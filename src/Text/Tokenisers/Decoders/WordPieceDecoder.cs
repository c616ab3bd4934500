namespace Graft.Text.Tokenisers;

/// <summary>Words with spaces between them; a token that continues one loses its prefix.</summary>
/// <param name="prefix">That prefix, "##".</param>
/// <param name="cleans">Whether spaces before punctuation go, token by token.</param>
internal sealed class WordPieceDecoder(string prefix, bool cleans) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0) tokens[i] = prefix.Length > 0 && tokens[i].StartsWith(prefix, StringComparison.Ordinal) ? tokens[i][prefix.Length..] : " " + tokens[i];
            if (cleans) tokens[i] = SpaceCleaning.OfToken(tokens[i]);
        }
    }
}
