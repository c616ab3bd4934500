namespace Graft.Models;

/// <summary>The best ended sequences of a prompt, at most as many as beams.</summary>
internal sealed class BeamHypotheses(int beams, float lengthPenalty, EarlyStopping stopping, int longest)
{
    private readonly List<(double Score, int[] Tokens, FinishReason Finish)> kept = [];
    private double worst = 1e9;

    public bool IsDone { get; private set; }

    /// <param name="tokens">Those behind the prompt.</param>
    /// <param name="sum">The logarithm of its probability.</param>
    /// <param name="length">What its score is divided by, before the penalty's power.</param>
    /// <param name="finish">Why it ended.</param>
    public void Add(int[] tokens, float sum, int length, FinishReason finish)
    {
        double score = Score(sum, length);
        if (kept.Count >= beams && !(score > worst)) return;
        kept.Add((score, tokens, finish));
        if (kept.Count <= beams)
        {
            worst = Math.Min(worst, score);
            return;
        }
        int least = 0;
        for (int i = 1; i < kept.Count; i++)
            if (kept[i].Score < kept[least].Score) least = i;
        kept.RemoveAt(least);
        worst = kept.Min(static one => one.Score);
    }

    /// <summary>Notes whether one of the beams may still become better.</summary>
    /// <param name="best">The highest logarithm of a probability among the candidates.</param>
    /// <param name="length">The length of the sequences with the token that was just scored.</param>
    public void Judge(float best, int length)
    {
        if (kept.Count < beams) return;
        IsDone |= stopping switch
        {
            EarlyStopping.Yes => true,
            EarlyStopping.Never when lengthPenalty > 0 => worst >= Score(best, longest),
            _ => worst >= Score(best, length),
        };
    }

    /// <summary>The best of them, the best first; of equals the last.</summary>
    public IEnumerable<GeneratedSequence> Best(int prompt, int count) => kept
        .Select(static (one, number) => (one, number)).OrderByDescending(static pair => pair.one.Score).ThenByDescending(static pair => pair.number)
        .Take(count).Select(pair => new GeneratedSequence(prompt, pair.one.Tokens, pair.one.Finish, pair.one.Score));

    private double Score(float sum, int length) => sum / Math.Pow(length, lengthPenalty);
}
