namespace Graft.Tensors;

/// <summary>What attention does besides its operands: the factor on the scores, whether a query sees only keys up to its own
/// position (the last query sees the last key), and which probabilities are dropped.</summary>
/// <remarks>The probability of query t, key s of head h of sequence b is number t of mask row (b * heads + h) * keys + s; rows start
/// at blocks of 64.</remarks>
/// <param name="Scale">The factor on the products of queries and keys.</param>
/// <param name="IsCausal">Whether query t of T sees only the keys s with s - L at most t - T: the last query sees the last key. L is
/// the number of keys, or with <paramref name="CountsFromLengths"/> the sequence's own length.</param>
/// <param name="Dropout">Which probabilities are dropped.</param>
/// <param name="CountsFromLengths">Whether queries are the last places of the keys that count, as where they follow on keys of a
/// cache that is longer: query t is at place length - T + t.</param>
/// <param name="Window">How many keys a query of a causal mask sees at most, its own and those before it (Beltagy et al. 2020); 0 for all.</param>
public readonly record struct AttentionSettings(float Scale, bool IsCausal, DropoutMask Dropout, bool CountsFromLengths = false, int Window = 0)
{
    /// <summary>The first key that a query sees.</summary>
    /// <param name="place">The query's place among the keys.</param>
    public int FirstKey(int place) => IsCausal && Window > 0 ? Math.Max(0, place - Window + 1) : 0;
}
