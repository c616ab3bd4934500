namespace Graft.Text.Tokenisers;

/// <summary>The longest token that a word begins with, then the longest that the rest begins with, and so on; a word that does not come out is unknown.</summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly TokenTable continuing;
    private readonly int unknown;
    private readonly int longestWord;
    private readonly TokenTable? whole;
    private readonly WordCache cache = new();

    /// <summary>A model over a vocabulary.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="prefix">What a token that continues a word begins with, "##".</param>
    /// <param name="unknown">The number of the token for an unknown word.</param>
    /// <param name="longestWord">A word of more code points is unknown.</param>
    /// <param name="whole">Words that are one token or unknown.</param>
    public WordPieceModel(Vocabulary vocabulary, string prefix, int unknown, int longestWord, IReadOnlyCollection<string>? whole = null) : base(vocabulary)
    {
        (this.unknown, this.longestWord) = (unknown, longestWord);
        int count = 0;
        for (int id = 0; id < vocabulary.Size; id++)
            if (IsContinuing(vocabulary[id], prefix)) count++;
        continuing = new TokenTable(count, prefix.Length);
        for (int id = 0; id < vocabulary.Size; id++)
            if (IsContinuing(vocabulary[id], prefix)) continuing.TryAdd(vocabulary[id]!, id, out _);
        if (whole is not { Count: > 0 }) return;
        this.whole = new TokenTable(whole.Count);
        foreach (string word in whole) this.whole.TryAdd(word, vocabulary.IdOf(word) ?? unknown, out _);
    }

    public override int? Unknown => unknown;

    public override void Tokenise(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        if (whole?.Find(word) is >= 0 and var kept)
        {
            tokens.Add(kept, at, at + word.Length);
            return;
        }
        if (word.Length > longestWord && PointsOf(word) > longestWord)
        {
            tokens.Add(unknown, at, at + word.Length);
            return;
        }
        // mostly a word is a token
        int single = Vocabulary.Table.Find(word);
        if (single >= 0)
        {
            tokens.Add(single, at, at + word.Length);
            return;
        }
        if (cache.TryAdd(word, at, tokens)) return;
        int before = tokens.Count;
        if (!Cut(word, at, tokens))
        {
            tokens.CutTo(before);
            tokens.Add(unknown, at, at + word.Length);
        }
        cache.Keep(word, at, tokens, before);
    }

    private bool Cut(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        for (int from = 0; from < word.Length;)
        {
            int id = (from == 0 ? Vocabulary.Table : continuing).FindLongest(word[from..], out int length);
            if (id < 0) return false;
            tokens.Add(id, at + from, at + from + length);
            from += length;
        }
        return true;
    }

    private static bool IsContinuing(string? token, string prefix) => token is not null && token.Length > prefix.Length && token.StartsWith(prefix, StringComparison.Ordinal);

    private static int PointsOf(ReadOnlySpan<char> word)
    {
        int points = word.Length;
        foreach (char unit in word)
            if (char.IsLowSurrogate(unit)) points--;
        return points;
    }
}
