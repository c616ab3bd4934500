using System.Runtime.InteropServices;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Words as pieces, of which two after two are joined.</summary>
internal sealed class PieceMerges
{
    private readonly string inner;
    private readonly List<string> tokens = [];
    private readonly List<(string Left, string Right)> joined = [];
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly List<(int[] Pieces, long Count)> words = [];
    private readonly Dictionary<(int Left, int Right), long> counts = [];
    // words in which a pair occurs, or did before another joining
    private readonly Dictionary<(int Left, int Right), List<int>> places = [];
    private readonly PriorityQueue<(int Left, int Right), (long Rarity, int Left, int Right)> queue = new();
    private readonly HashSet<(int Left, int Right)> changed = [];

    private PieceMerges(IEnumerable<string> first, string inner)
    {
        this.inner = inner;
        foreach (string token in first) IdOf(token);
    }

    /// <summary>The tokens in the order of their numbers.</summary>
    public IReadOnlyList<string> Tokens => tokens;

    /// <summary>What was joined, in order.</summary>
    public IReadOnlyList<(string Left, string Right)> Joined => joined;

    /// <summary>Takes words apart into letters, those within a word with a sign; a word with a letter that is left out is left out.</summary>
    /// <param name="first">The tokens that come first.</param>
    /// <param name="counts">How often each word occurs.</param>
    /// <param name="maximumLetters">How many letters there are at most.</param>
    /// <param name="inner">The sign before pieces that do not begin a word.</param>
    public static PieceMerges Begin(IEnumerable<string> first, Dictionary<string, long> counts, int maximumLetters, string inner)
    {
        var merges = new PieceMerges(first, inner);
        var kept = MostFrequent(counts, [], maximumLetters);
        var known = counts.Where(word => word.Value > 0 && word.Key.EnumerateRunes().All(kept.Contains)).OrderBy(static word => word.Key, StringComparer.Ordinal).ToList();
        string[] Letters(string word) => [.. word.EnumerateRunes().Select((letter, index) => index == 0 ? letter.ToString() : inner + letter)];
        foreach (string piece in known.Select(word => Letters(word.Key)[0]).Distinct().Order(StringComparer.Ordinal)) merges.IdOf(piece);
        foreach (string piece in known.SelectMany(word => Letters(word.Key).Skip(1)).Distinct().Order(StringComparer.Ordinal)) merges.IdOf(piece);
        foreach (var (word, count) in known) merges.AddWord(Letters(word), count);
        merges.Enqueue();
        return merges;
    }

    /// <summary>Takes words apart into letters without signs; letters that are left out are as if the words were written without them.</summary>
    /// <param name="first">The tokens that come first.</param>
    /// <param name="counts">How often each word occurs.</param>
    /// <param name="always">Letters that are there at any rate.</param>
    /// <param name="maximumLetters">How many letters there are at most.</param>
    public static PieceMerges Begin(IEnumerable<string> first, Dictionary<string, long> counts, IEnumerable<Rune> always, int maximumLetters)
    {
        var merges = new PieceMerges(first, "");
        var kept = MostFrequent(counts, always, maximumLetters);
        foreach (var letter in kept.OrderBy(static letter => letter.Value)) merges.IdOf(letter.ToString());
        foreach (var (word, count) in counts.OrderBy(static word => word.Key, StringComparer.Ordinal))
            merges.AddWord([.. word.EnumerateRunes().Where(kept.Contains).Select(static letter => letter.ToString())], count);
        merges.Enqueue();
        return merges;
    }

    /// <summary>Joins the two pieces that stand beside each other most often, of equally frequent ones those with the lowest numbers.</summary>
    /// <param name="minimumCount">How often they have to.</param>
    /// <returns>Whether there were such.</returns>
    public bool Join(int minimumCount)
    {
        while (queue.TryDequeue(out var pair, out var rank))
        {
            long count = counts.GetValueOrDefault(pair);
            // what was queued with another count is out of date
            if (count != -rank.Rarity) continue;
            if (count < minimumCount) return false;
            Join(pair);
            return true;
        }
        return false;
    }

    private void Join((int Left, int Right) pair)
    {
        int joined = IdOf(tokens[pair.Left] + tokens[pair.Right][inner.Length..]);
        this.joined.Add((tokens[pair.Left], tokens[pair.Right]));
        changed.Clear();
        foreach (int place in places[pair])
        {
            var (pieces, count) = words[place];
            var shorter = new List<int>(pieces.Length);
            for (int at = 0; at < pieces.Length; at++)
            {
                bool isPair = at + 1 < pieces.Length && (pieces[at], pieces[at + 1]) == pair;
                shorter.Add(isPair ? joined : pieces[at]);
                if (isPair) at++;
            }
            if (shorter.Count == pieces.Length) continue;
            Add(place, -count);
            words[place] = ([.. shorter], count);
            Add(place, count, joined);
        }
        places.Remove(pair);
        counts.Remove(pair);
        changed.Remove(pair);
        Enqueue();
    }

    /// <summary>Counts the pairs of a word, or takes them away.</summary>
    /// <param name="place">Which word.</param>
    /// <param name="count">How often it occurs.</param>
    /// <param name="joined">The piece whose pairs are new in the word; null where all are.</param>
    private void Add(int place, long count, int? joined = null)
    {
        int[] pieces = words[place].Pieces;
        for (int at = 1; at < pieces.Length; at++)
        {
            var pair = (pieces[at - 1], pieces[at]);
            CollectionsMarshal.GetValueRefOrAddDefault(counts, pair, out _) += count;
            changed.Add(pair);
            if (count < 0 || joined is { } piece && pair.Item1 != piece && pair.Item2 != piece) continue;
            ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(places, pair, out _);
            own ??= [];
            if (own.Count == 0 || own[^1] != place) own.Add(place);
        }
    }

    private void Enqueue()
    {
        foreach (var pair in changed)
            if (counts.GetValueOrDefault(pair) is > 0 and var count) queue.Enqueue(pair, (-count, pair.Left, pair.Right));
        changed.Clear();
    }

    private int IdOf(string token)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(ids, token, out bool isKnown);
        if (isKnown) return id;
        id = tokens.Count;
        tokens.Add(token);
        return id;
    }

    private void AddWord(string[] pieces, long count)
    {
        words.Add((Array.ConvertAll(pieces, IdOf), count));
        Add(words.Count - 1, count);
    }

    private static HashSet<Rune> MostFrequent(Dictionary<string, long> counts, IEnumerable<Rune> always, int maximum)
    {
        var letters = always.ToDictionary(static letter => letter, static _ => long.MaxValue / 2);
        foreach (var (word, count) in counts)
            foreach (var letter in word.EnumerateRunes()) CollectionsMarshal.GetValueRefOrAddDefault(letters, letter, out _) += count;
        return [.. letters.OrderByDescending(static letter => letter.Value).ThenBy(static letter => letter.Key.Value).Take(maximum).Select(static letter => letter.Key)];
    }
}
