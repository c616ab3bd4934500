using Graft.Text;

namespace Graft.Tasks;

/// <summary>A text cut where its tokens are, with a weight for each.</summary>
internal static class TextPieces
{
    private const string Between = " / ";

    /// <summary>The pieces of a text or pair; what lies between tokens, or was cut off, weighs nothing.</summary>
    public static IReadOnlyList<TextPiece> Of(TextExample text, TokenisedText tokens, IReadOnlyList<double>? weights)
    {
        var pieces = new List<TextPiece>();
        double largest = Enumerable.Range(0, tokens.Length).Where(token => tokens.Sequences[token] >= 0).Select(token => weights?[token] ?? 0).DefaultIfEmpty(0).Max();
        Add(text.Text, 0);
        if (text.Pair is { } pair)
        {
            pieces.Add(new TextPiece(Between, 0));
            Add(pair, 1);
        }
        return pieces;

        void Add(string whole, int sequence)
        {
            int at = 0;
            for (int token = 0; token < tokens.Length; token++)
            {
                var (start, end) = tokens.Offsets[token];
                if (tokens.Sequences[token] != sequence || end <= start || start < at || end > whole.Length) continue;
                if (start > at) pieces.Add(new TextPiece(whole[at..start], 0));
                pieces.Add(new TextPiece(whole[start..end], largest > 0 && weights is not null ? weights[token] / largest : 0));
                at = end;
            }
            if (at < whole.Length) pieces.Add(new TextPiece(whole[at..], 0));
        }
    }
}
