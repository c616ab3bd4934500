namespace Graft.Reinforcement;

/// <summary>Divides rewards by the deviation of the discounted sums so far (Engstrom et al. 2020; <c>VecNormalize</c> of Stable Baselines3), so that values are of the size of
/// one whatever a game counts in, and a trunk that policy and value share is not moved by the value alone.</summary>
internal sealed class RewardScale(int games, double discount)
{
    private const double Tiny = 1e-8, Most = 10;

    private readonly double[] sums = new double[games];
    private double count, mean, squares;

    /// <summary>Scales the rewards of a step of all games.</summary>
    /// <param name="rewards">A reward a game.</param>
    /// <param name="ends">Whose episode has ended by it.</param>
    public void Apply(Span<float> rewards, ReadOnlySpan<EpisodeEnd> ends)
    {
        for (int game = 0; game < rewards.Length; game++)
        {
            sums[game] = discount * sums[game] + rewards[game];
            count++;
            double difference = sums[game] - mean;
            mean += difference / count;
            squares += difference * (sums[game] - mean);
        }
        double deviation = count < 2 ? 1 : Math.Sqrt(squares / count + Tiny);
        for (int game = 0; game < rewards.Length; game++)
        {
            rewards[game] = (float)Math.Clamp(rewards[game] / deviation, -Most, Most);
            if (ends[game] != EpisodeEnd.None) sums[game] = 0;
        }
    }
}
