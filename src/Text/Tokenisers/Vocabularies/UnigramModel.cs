using System.Buffers;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Of all ways to cut a word into tokens the one whose scores, logarithms of probabilities, sum highest.</summary>
/// <remarks>Kudo, Subword Regularization (2018).</remarks>
internal sealed class UnigramModel : TokenModel
{
    private const double Penalty = 10;

    private readonly double[] scores;
    private readonly SortedTokens sorted;
    private readonly int? unknown;
    private readonly double unknownScore;
    private readonly int[]? bytes;
    private readonly WordCache cache = new();

    /// <summary>A model over a vocabulary.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="scores">Their scores.</param>
    /// <param name="unknown">The number of the token for what is unknown; null for none.</param>
    /// <param name="fallsBackToBytes">Whether what is unknown becomes its bytes.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int? unknown, bool fallsBackToBytes) : base(vocabulary)
    {
        (this.scores, this.unknown) = (scores, unknown);
        unknownScore = (scores.Length == 0 ? 0 : scores.Min()) - Penalty;
        var ids = Enumerable.Range(0, vocabulary.Size).Where(id => vocabulary[id] is { Length: > 0 }).ToArray();
        sorted = new SortedTokens([.. ids.Select(id => vocabulary[id]!)], ids);
        if (fallsBackToBytes) bytes = BytePieces.Of(vocabulary);
    }

    public override int? Unknown => unknown;

    public override void Tokenise(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        if (cache.TryAdd(word, at, tokens)) return;
        int before = tokens.Count;
        Cut(word, at, tokens);
        cache.Keep(word, at, tokens, before);
    }

    private void Cut(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        var best = ArrayPool<Node>.Shared.Rent(word.Length + 1);
        Search(word, best);

        // back along the best path, and then forward through it
        int ends = word.Length, next = -1;
        while (ends > 0)
        {
            int starts = best[ends].Start;
            (best[ends].Next, next) = (next, ends);
            ends = starts;
        }
        int from = 0;
        for (int to = next; to > 0; to = best[to].Next)
        {
            if (unknown is { } id && best[to].Id == id)
            {
                // what is unknown in a row is one
                while (best[to].Next > 0 && best[best[to].Next].Id == id) to = best[to].Next;
            }
            Add(word[from..to], best[to].Id, at + from, tokens);
            from = to;
        }
        ArrayPool<Node>.Shared.Return(best);
    }

    private void Search(ReadOnlySpan<char> word, Node[] best)
    {
        for (int i = 0; i <= word.Length; i++) best[i] = new Node(i == 0 ? 0 : double.NegativeInfinity, -1, -1);
        for (int from = 0; from < word.Length;)
        {
            double here = best[from].Score;
            int length = char.IsHighSurrogate(word[from]) && from + 1 < word.Length ? 2 : 1;
            bool known = false;
            var walk = sorted.Begin();
            for (int to = from; to < word.Length && walk.Step(word[to]); to++)
            {
                if (walk.Value is not (>= 0 and var id)) continue;
                Offer(ref best[to + 1], here + scores[id], from, id);
                known |= to + 1 == from + length;
            }
            if (!known) Offer(ref best[from + length], here + unknownScore, from, unknown ?? -1);
            from += length;
        }
    }

    private static void Offer(ref Node node, double score, int from, int id)
    {
        if (node.Start < 0 || score > node.Score) node = new Node(score, from, id);
    }

    private void Add(ReadOnlySpan<char> piece, int id, int at, TokenList tokens)
    {
        bool isUnknown = id < 0 || id == unknown;
        if (isUnknown && Vocabulary.IdOf(piece) is { } known) (id, isUnknown) = (known, false);
        if (isUnknown && bytes is not null && AddBytes(piece, at, tokens)) return;
        if (id >= 0) tokens.Add(id, at, at + piece.Length);
    }

    private bool AddBytes(ReadOnlySpan<char> piece, int at, TokenList tokens)
    {
        int before = tokens.Count;
        Span<byte> utf8 = stackalloc byte[4];
        for (int from = 0; from < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[from..], out var rune, out int length);
            int count = rune.EncodeToUtf8(utf8);
            foreach (byte value in utf8[..count])
            {
                if (bytes![value] < 0)
                {
                    tokens.CutTo(before);
                    return false;
                }
                tokens.Add(bytes[value], at + from, at + from + length);
            }
            from += length;
        }
        return true;
    }

    private struct Node(double score, int start, int id)
    {
        public double Score = score;
        public int Start = start;
        public int Id = id;
        public int Next = -1;
    }
}
