namespace Graft.Models;

/// <summary>Whisper's tokens of time: one for each 0.02 seconds of a sound, behind all others of the vocabulary.</summary>
/// <param name="firstToken">The token of 0 seconds; the one before it asks for no times (<c>no_timestamps_token_id</c>).</param>
/// <param name="endToken">The token that ends a text, before which all words are.</param>
public sealed class WhisperTimestamps(int firstToken, int endToken)
{
    private const int TokensPerSecond = 50;

    /// <summary>The token of 0 seconds.</summary>
    public int FirstToken { get; } = firstToken;

    /// <summary>The token that ends a text.</summary>
    public int EndToken { get; } = endToken;

    /// <summary>What keeps a search to the rules of times: a text begins with one, they never go back, they come in pairs but for the first and the last, and
    /// one comes wherever all of them together are likelier than any word (Radford et al. 2022).</summary>
    /// <param name="latestStart">How many tokens after 0 seconds the first may be (<c>max_initial_timestamp_index</c>); null for any.</param>
    public LogitsProcessor Rules(int? latestStart = 50) => new TimestampRules(this, latestStart);

    /// <summary>What was written as stretches of time: what stands between two times, or behind the last.</summary>
    /// <param name="tokens">What was written; tokens that are neither words nor times are left out.</param>
    public IReadOnlyList<WhisperSegment> Segments(ReadOnlySpan<int> tokens)
    {
        var segments = new List<WhisperSegment>();
        var words = new List<int>();
        double? start = null;
        foreach (int token in tokens)
        {
            if (token < FirstToken)
            {
                if (token < EndToken) words.Add(token);
                continue;
            }
            double time = (double)(token - FirstToken) / TokensPerSecond;
            if (words.Count > 0) segments.Add(new WhisperSegment(start, time, [.. words]));
            words.Clear();
            start = time;
        }
        if (words.Count > 0) segments.Add(new WhisperSegment(start, null, [.. words]));
        return segments;
    }

    private sealed class TimestampRules(WhisperTimestamps times, int? latestStart) : LogitsProcessor
    {
        public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
        {
            int first = times.FirstToken;
            if (first < 1 || first >= scores.Length)
                throw new ArgumentException($"the token {first} of 0 seconds is not within the {scores.Length} of the vocabulary and behind the one that asks for no times");
            var written = tokens[promptLength..];
            scores[first - 1] = float.NegativeInfinity;
            if (written.IsEmpty)
            {
                scores[..first].Fill(float.NegativeInfinity);
                if (latestStart is { } latest && first + latest + 1 < scores.Length) scores[(first + latest + 1)..].Fill(float.NegativeInfinity);
                return;
            }
            bool isLast = written[^1] >= first, isBefore = written.Length < 2 || written[^2] >= first;
            if (isLast)
            {
                // behind a pair a word comes, behind a single time another or the end
                if (isBefore) scores[first..].Fill(float.NegativeInfinity);
                else scores[..times.EndToken].Fill(float.NegativeInfinity);
            }
            int at = written.Length - 1;
            while (at >= 0 && written[at] < first) at--;
            if (at >= 0)
            {
                // a stretch that has begun does not end where it begins
                int least = isLast && !isBefore ? written[at] : written[at] + 1;
                scores[first..Math.Min(least, scores.Length)].Fill(float.NegativeInfinity);
            }
            if (LogSum(scores[first..]) > Largest(scores[..first])) scores[..first].Fill(float.NegativeInfinity);
        }

        private static double Largest(ReadOnlySpan<float> scores)
        {
            double largest = double.NegativeInfinity;
            foreach (float score in scores) largest = Math.Max(largest, score);
            return largest;
        }

        private static double LogSum(ReadOnlySpan<float> scores)
        {
            double largest = Largest(scores), sum = 0;
            if (double.IsNegativeInfinity(largest)) return largest;
            foreach (float score in scores) sum += Math.Exp(score - largest);
            return largest + Math.Log(sum);
        }
    }
}

/// <summary>A stretch of a sound and its words.</summary>
/// <param name="Start">Where it begins, in seconds; null where nothing says it.</param>
/// <param name="End">Where it ends; null where nothing says it.</param>
/// <param name="Tokens">Its words.</param>
public sealed record WhisperSegment(double? Start, double? End, IReadOnlyList<int> Tokens);
