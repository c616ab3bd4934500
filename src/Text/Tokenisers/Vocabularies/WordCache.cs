using System.Collections.Concurrent;

namespace Graft.Text.Tokenisers;

/// <summary>The tokens of words that were met before: of the first so many, none of them long.</summary>
internal sealed class WordCache
{
    private const int MostWords = 20_000;
    private const int LongestWord = 64;

    // the number of each token and, in one number, where it ends and begins, in turns
    private readonly ConcurrentDictionary<string, int[]> words = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> found;
    private int count;

    public WordCache() => found = words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Adds the tokens of a word; false where it was not met before.</summary>
    public bool TryAdd(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        if (word.Length > LongestWord || !found.TryGetValue(word, out int[]? known)) return false;
        for (int i = 0; i < known.Length; i += 2) tokens.Add(known[i], at + (known[i + 1] & 255), at + (known[i + 1] >> 8));
        return true;
    }

    /// <summary>Keeps the tokens from a number on as those of a word.</summary>
    public void Keep(ReadOnlySpan<char> word, int at, TokenList tokens, int first)
    {
        if (word.Length > LongestWord || Volatile.Read(ref count) >= MostWords) return;
        int[] pieces = new int[2 * (tokens.Count - first)];
        int piece = 0;
        foreach (ref readonly var token in tokens.All[first..]) (pieces[piece++], pieces[piece++]) = (token.Id, token.End - at << 8 | token.Start - at);
        if (found.TryAdd(word, pieces)) Interlocked.Increment(ref count);
    }
}
