namespace Graft.Text.Tokenisers;

/// <summary>The merges behind a byte-pair encoding of which SentencePiece keeps the pieces and scores alone.</summary>
internal static class SentencePieceMerges
{
    // a piece is a word at most; a longer one is damage, and has as many ways to be cut as it is long
    private const int LongestPiece = 256;

    private static readonly Comparer<(int Left, int Right, int Whole, double Score)> ByParts =
        Comparer<(int Left, int Right, int Whole, double Score)>.Create(static (one, other) => (one.Left, one.Right).CompareTo((other.Left, other.Right)));

    /// <summary>All ways to make a piece of two others, the higher score and then the longer parts first.</summary>
    public static Dictionary<long, (int Rank, int Id)> Of(Vocabulary vocabulary, IReadOnlyList<(string Token, double Score)> tokens)
    {
        var merges = new List<(int Left, int Right, int Whole, double Score)>();
        for (int id = 0; id < tokens.Count; id++)
        {
            var (token, score) = tokens[id];
            if (token.Length > LongestPiece) continue;
            int first = merges.Count;
            for (int cut = 1; cut < token.Length; cut++)
                if (vocabulary.IdOf(token.AsSpan(0, cut)) is { } left && vocabulary.IdOf(token.AsSpan(cut)) is { } right) merges.Add((left, right, id, score));
            merges.Sort(first, merges.Count - first, ByParts);
        }
        var ordered = merges.OrderByDescending(static merge => merge.Score).ThenByDescending(merge => PointsOf(tokens[merge.Left].Token))
            .ThenByDescending(merge => PointsOf(tokens[merge.Right].Token));
        var ranked = new Dictionary<long, (int Rank, int Id)>(merges.Count);
        int rank = 0;
        foreach (var merge in ordered) ranked[BpeModel.Pair(merge.Left, merge.Right)] = (rank++, merge.Whole);
        return ranked;
    }

    private static int PointsOf(string token) => token.Length - token.Count(char.IsLowSurrogate);
}
