namespace Graft.Tasks;

/// <summary>A window of a long sound that a Whisper wrote down with tokens of time.</summary>
internal static class WhisperWindow
{
    private const double SecondsPerToken = 0.02;

    /// <summary>The stretches of what was written, and where the next window begins: at the end of the last stretch that is closed by two times together; null for behind
    /// this window, where none is, or where a single time at the end says that nothing follows (OpenAI's <c>transcribe</c>).</summary>
    /// <param name="written">The tokens.</param>
    /// <param name="times">Which of them are times.</param>
    /// <param name="seconds">How much of the window is sound.</param>
    public static (IReadOnlyList<(double Start, double End, int[] Tokens)> Segments, double? Next) Divide(int[] written, WhisperTimestamps times, double seconds)
    {
        int first = times.FirstToken, end = times.EndToken;
        var segments = new List<(double, double, int[])>();
        int[] tokens = [.. written.Where(token => token >= first || token < end)];
        bool endsSingle = tokens.Length > 0 && tokens[^1] >= first && (tokens.Length < 2 || tokens[^2] < first);
        int last = 0;
        for (int at = 1; at < tokens.Length; at++)
            if (tokens[at] >= first && tokens[at - 1] >= first) Close(at);
        if (last > 0 && endsSingle) Close(tokens.Length);
        if (last > 0) return (segments, endsSingle ? null : TimeOf(tokens[last - 1]));
        int latest = Array.FindLast(tokens, token => token >= first);
        segments.Add((tokens.Length > 0 ? TimeOf(tokens[0]) : 0, latest > first ? TimeOf(latest) : seconds, Words(tokens)));
        return (segments, null);

        void Close(int at)
        {
            segments.Add((TimeOf(tokens[last]), TimeOf(tokens[at - 1]), Words(tokens[last..at])));
            last = at;
        }

        double TimeOf(int token) => token < first ? 0 : (token - first) * SecondsPerToken;
        int[] Words(int[] all) => [.. all.Where(token => token < end)];
    }
}
