namespace Graft.Text.Tokenisers;

/// <summary>The numbers that transformers gives the pieces of a file: a rule for each class of tokenisers.</summary>
internal static class SentencePieceVocabulary
{
    private const int ExtraIds = 100;

    /// <summary>The tokens in the order of their numbers, with their scores, and the number of the unknown one.</summary>
    public static (List<(string Token, double Score)> Tokens, int Unknown) Of(SentencePieceFile file, TokeniserFamily family, TokeniserSettings settings)
    {
        var pieces = file.Pieces.ConvertAll(static piece => (piece.Piece, (double)piece.Score));
        switch (family.Class)
        {
            case "XLMRoberta":
                return ([("<s>", 0), ("<pad>", 0), ("</s>", 0), ("<unk>", 0), .. pieces.Skip(3), ("<mask>", 0)], 3);
            case "Camembert":
                return ([("<s>NOTUSED", 0), ("<pad>", 0), ("</s>NOTUSED", 0), ("<unk>", 0), ("<unk>NOTUSED", -100), .. pieces.Skip(1).SkipLast(1), ("<mask>", 0)], 3);
            case "Albert" or "XLNet":
                // a number is not kept together with the comma behind it
                return (pieces.ConvertAll(static piece => EndsInNumberAndComma(piece.Item1) ? (piece.Item1, piece.Item2 - 100) : piece), file.UnknownId);
            case "T5":
                int extra = settings.Config?.Integer("extra_ids") ?? ExtraIds;
                if (extra is < 0 or > 10_000) throw settings.Config!.Value.Wrong("extra_ids", $"is {extra}");
                for (int id = extra - 1; id >= 0; id--)
                {
                    string token = $"<extra_id_{id}>";
                    if (!settings.FurtherSpecials.Contains(token)) settings.FurtherSpecials.Add(token);
                    pieces.Add((token, 0));
                }
                return (pieces, file.UnknownId);
            default:
                return (pieces, file.UnknownId);
        }
    }

    private static bool EndsInNumberAndComma(string piece) => piece.Length >= 2 && piece[^1] == ',' && char.IsDigit(piece[^2]);
}
