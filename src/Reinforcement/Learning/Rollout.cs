using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>Some steps of all games by actions drawn from a policy, [steps, games] each.</summary>
internal sealed class Rollout
{
    private readonly GameRow games;
    private readonly double discount;
    private readonly RewardScale scale;
    private readonly float[] seen;
    private readonly double[] logarithms;

    public Rollout(GameRow games, int steps, double discount)
    {
        (this.games, Steps, this.discount, scale) = (games, steps, discount, new RewardScale(games.Count, discount));
        int all = steps * games.Count;
        (Observations, Actions, LogShares) = (new float[all * games.Width], new int[all], new float[all]);
        (Rewards, Values, Ends, Next) = (new float[all], new float[all], new bool[all], new float[games.Count]);
        (seen, logarithms) = (new float[games.Count * games.Width], new double[games.Actions]);
    }

    public int Steps { get; }

    public float[] Observations { get; }

    public int[] Actions { get; }

    /// <summary>The logarithms of the shares that the actions had.</summary>
    public float[] LogShares { get; }

    /// <summary>What each step was worth, scaled; of one that was cut off with what the value says of what it led to.</summary>
    public float[] Rewards { get; }

    public float[] Values { get; }

    public bool[] Ends { get; }

    /// <summary>The values behind the last step, a game each.</summary>
    public float[] Next { get; }

    /// <summary>Plays.</summary>
    /// <param name="network">Shares of actions and a value.</param>
    /// <param name="actions">What actions are drawn from.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    public void Play(NetworkRun network, RandomStream actions, CancellationToken cancellation)
    {
        int count = games.Count;
        Span<EpisodeEnd> ends = stackalloc EpisodeEnd[count];
        for (int step = 0; step < Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var observed = Observations.AsSpan(step * seen.Length, seen.Length);
            games.Observe(observed);
            var outputs = network.Of(observed);
            for (int game = 0; game < count; game++)
            {
                int at = step * count + game;
                var row = outputs.Slice(game * network.Width, network.Width);
                ActionScores.LogShares(row[..games.Actions], logarithms);
                Actions[at] = Draw(actions.Uniform((ulong)(games.Frames + game)));
                LogShares[at] = (float)logarithms[Actions[at]];
                Values[at] = row[^1];
            }
            games.Step(Actions.AsSpan(step * count, count), Rewards.AsSpan(step * count, count), ends);
            scale.Apply(Rewards.AsSpan(step * count, count), ends);
            for (int game = 0; game < count; game++)
            {
                Ends[step * count + game] = ends[game] != EpisodeEnd.None;
                if (ends[game] == EpisodeEnd.CutOff) Rewards[step * count + game] += (float)(discount * ValueOf(network, games.LastSeen(game)));
            }
        }
        games.Observe(seen);
        var last = network.Of(seen);
        for (int game = 0; game < count; game++) Next[game] = last[(game + 1) * network.Width - 1];
    }

    private int Draw(float uniform)
    {
        double sum = 0;
        for (int action = 0; action < logarithms.Length - 1; action++)
        {
            sum += Math.Exp(logarithms[action]);
            if (uniform < sum) return action;
        }
        return logarithms.Length - 1;
    }

    /// <summary>Of one observation: the first row of a batch that is otherwise of what was seen before.</summary>
    private double ValueOf(NetworkRun network, ReadOnlySpan<float> observation)
    {
        observation.CopyTo(seen);
        return network.Of(seen)[network.Width - 1];
    }
}
