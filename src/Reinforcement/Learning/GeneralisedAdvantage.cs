namespace Graft.Reinforcement;

/// <summary>Generalised advantage estimation (GAE; Schulman et al. 2016).</summary>
public static class GeneralisedAdvantage
{
    /// <summary>How much better each step was than its state's value said: sums of one-step differences, each further one times <c>discount * lambda</c>.</summary>
    /// <param name="rewards">[steps, games], step by step. Of one whose episode was cut off the discounted value of what it led to is a part.</param>
    /// <param name="values">[steps, games]: what each state was said to be worth.</param>
    /// <param name="ends">[steps, games]: whether the step was the last of an episode.</param>
    /// <param name="next">[games]: the values of the states behind the last step.</param>
    /// <param name="discount">What a reward one step later is worth (gamma).</param>
    /// <param name="lambda">How far it looks: 0 one step, 1 to the end.</param>
    /// <returns>[steps, games].</returns>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public static float[] Of(
        ReadOnlySpan<float> rewards, ReadOnlySpan<float> values, ReadOnlySpan<bool> ends, ReadOnlySpan<float> next, double discount, double lambda)
    {
        int games = next.Length;
        if (games == 0 || rewards.Length % games != 0 || values.Length != rewards.Length || ends.Length != rewards.Length)
            throw new ArgumentException($"{rewards.Length} rewards, {values.Length} values and {ends.Length} ends of {games} games: there is one of each for each step of each game");
        float[] advantages = new float[rewards.Length];
        for (int game = 0; game < games; game++)
        {
            double sum = 0, after = next[game];
            for (int at = rewards.Length - games + game; at >= 0; at -= games)
            {
                double goesOn = ends[at] ? 0 : 1;
                sum = rewards[at] + discount * after * goesOn - values[at] + discount * lambda * goesOn * sum;
                advantages[at] = (float)sum;
                after = values[at];
            }
        }
        return advantages;
    }
}
