namespace Graft.Text;

/// <summary>Words with how often they occur, the most frequent first.</summary>
public sealed class WordVocabulary
{
    private readonly string[] words;
    private readonly long[] counts;
    private readonly Dictionary<string, int> indices;

    private WordVocabulary(string[] words, long[] counts)
    {
        (this.words, this.counts) = (words, counts);
        indices = new Dictionary<string, int>(words.Length, StringComparer.Ordinal);
        for (int index = 0; index < words.Length; index++) indices.Add(words[index], index);
        Occurrences = counts.Sum();
    }

    /// <summary>Counts the words of sentences; those that occur equally often are in ordinal order.</summary>
    /// <param name="sentences">The words of each sentence.</param>
    /// <param name="minimumCount">How often a word has to occur.</param>
    /// <param name="maximumSize">How many words there are at most; null for all.</param>
    /// <exception cref="ArgumentException">No word occurs often enough.</exception>
    public static WordVocabulary Of(IEnumerable<IReadOnlyList<string>> sentences, int minimumCount = 1, int? maximumSize = null)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var sentence in sentences)
            foreach (string word in sentence) counts[word] = counts.GetValueOrDefault(word) + 1;
        var kept = counts.Where(word => word.Value >= minimumCount).ToList();
        if (kept.Count == 0)
            throw new ArgumentException($"none of {counts.Count} words occurs {minimumCount} times: give more text, or ask for fewer", nameof(sentences));
        kept.Sort(static (left, right) => left.Value != right.Value ? right.Value.CompareTo(left.Value) : string.CompareOrdinal(left.Key, right.Key));
        if (maximumSize is { } most && kept.Count > most) kept.RemoveRange(most, kept.Count - most);
        return new WordVocabulary([.. kept.Select(static word => word.Key)], [.. kept.Select(static word => word.Value)]);
    }

    /// <summary>V, how many words there are.</summary>
    public int Count => words.Length;

    /// <summary>The words, the most frequent first.</summary>
    public IReadOnlyList<string> Words => words;

    /// <summary>How often all words occur.</summary>
    public long Occurrences { get; }

    /// <summary>How often a word occurs.</summary>
    /// <param name="index">The word, from 0.</param>
    public long CountOf(int index) => counts[index];

    /// <summary>The place of a word; -1 where it is not in the vocabulary.</summary>
    /// <param name="word">The word.</param>
    public int IndexOf(string word) => indices.GetValueOrDefault(word, -1);
}
