namespace Graft.Models;

/// <summary>Makes tokens that were there less likely (Keskar et al. 2019).</summary>
internal sealed class RepetitionPenalty(float penalty) : LogitsProcessor
{
    private bool[] seen = [];

    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (seen.Length != scores.Length) seen = new bool[scores.Length];
        foreach (int token in tokens)
        {
            if (seen[token]) continue;
            seen[token] = true;
            scores[token] = scores[token] < 0 ? scores[token] * penalty : scores[token] / penalty;
        }
        foreach (int token in tokens) seen[token] = false;
    }
}

/// <summary>No run of tokens of a size comes twice.</summary>
internal sealed class NoRepeatNgram(int size) : LogitsProcessor
{
    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (tokens.Length + 1 < size) return;
        var last = tokens[(tokens.Length - size + 1)..];
        for (int start = 0; start + size <= tokens.Length; start++)
            if (tokens.Slice(start, size - 1).SequenceEqual(last)) scores[tokens[start + size - 1]] = float.NegativeInfinity;
    }
}

/// <summary>Runs of tokens that never come.</summary>
internal sealed class BadWords(IEnumerable<int[]> words) : LogitsProcessor
{
    private readonly int[][] words = [.. words];

    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        foreach (int[] word in words)
            if (tokens.EndsWith(word.AsSpan(0, word.Length - 1))) scores[word[^1]] = float.NegativeInfinity;
    }
}

/// <summary>No end token among the first tokens behind the prompt.</summary>
internal sealed class MinimumTokens(int count, IReadOnlyList<int> endTokens) : LogitsProcessor
{
    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (tokens.Length - promptLength >= count) return;
        for (int i = 0; i < endTokens.Count; i++) scores[endTokens[i]] = float.NegativeInfinity;
    }
}

/// <summary>Tokens that never come, or not at one place behind the prompt.</summary>
internal sealed class Suppressed(IReadOnlyList<int> suppressed, int? place = null) : LogitsProcessor
{
    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (place is { } only && tokens.Length - promptLength != only) return;
        for (int i = 0; i < suppressed.Count; i++) scores[suppressed[i]] = float.NegativeInfinity;
    }
}

/// <summary>The token of a place, counted from the sequence's first token or from the first behind the prompt.</summary>
internal sealed class ForcedToken(int place, int token, bool isBehindPrompt) : LogitsProcessor
{
    public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        if (place != (isBehindPrompt ? tokens.Length - promptLength : tokens.Length)) return;
        scores.Fill(float.NegativeInfinity);
        scores[token] = 0;
    }
}
