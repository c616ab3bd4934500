using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>Several games of a kind, played side by side (Gymnasium's <c>SyncVectorEnv</c>): one that ends begins anew at once.</summary>
/// <remarks>Used by one thread at a time. The same seed is the same games.</remarks>
public sealed class GameRow
{
    private readonly IGame[] games;
    private readonly int[] steps;
    private readonly double[] returns;
    private readonly float[][] last;
    private readonly List<Episode> episodes = [];
    private readonly ulong seed;
    private ulong begun;

    /// <summary>Begins the games.</summary>
    /// <param name="create">Makes one.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="seed">The seed of whatever they draw.</param>
    public GameRow(Func<IGame> create, int count, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        this.seed = seed;
        games = [.. Enumerable.Range(0, count).Select(_ => create())];
        Width = checked((int)games[0].Observation.ElementCount);
        (steps, returns, last) = (new int[count], new double[count], new float[count][]);
        for (int number = 0; number < count; number++)
        {
            last[number] = new float[Width];
            Begin(number);
        }
    }

    /// <summary>How many games there are.</summary>
    public int Count => games.Length;

    /// <summary>How many numbers are seen of a game.</summary>
    public int Width { get; }

    /// <summary>The shape of what is seen of a game.</summary>
    public Shape Observation => games[0].Observation;

    /// <summary>The shape of what is seen of all: [count, ...].</summary>
    public Shape Observations => Batch(Observation, Count);

    /// <summary>How many actions there are.</summary>
    public int Actions => games[0].Actions.Count;

    /// <summary>How many steps all games have made together.</summary>
    public long Frames { get; private set; }

    /// <summary>The episodes that have ended, in that order.</summary>
    public IReadOnlyList<Episode> Episodes => episodes;

    /// <summary>Writes what is seen of all games.</summary>
    /// <param name="destination">As many numbers as <see cref="Observations"/> has.</param>
    public void Observe(Span<float> destination)
    {
        for (int number = 0; number < Count; number++) games[number].Observe(destination.Slice(number * Width, Width));
    }

    /// <summary>Does something in each game.</summary>
    /// <param name="actions">An action a game.</param>
    /// <param name="rewards">Receives what each was worth.</param>
    /// <param name="ends">Receives whether an episode ended by it, and how.</param>
    /// <exception cref="ArgumentException">There is not one of each for each game.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such action.</exception>
    public void Step(ReadOnlySpan<int> actions, Span<float> rewards, Span<EpisodeEnd> ends)
    {
        if (actions.Length != Count || rewards.Length != Count || ends.Length != Count)
            throw new ArgumentException($"{actions.Length} actions, {rewards.Length} rewards and {ends.Length} ends of {Count} games: there is one of each for each game");
        for (int number = 0; number < Count; number++)
        {
            var step = games[number].Step(actions[number]);
            Frames++;
            steps[number]++;
            returns[number] += step.Reward;
            rewards[number] = step.Reward;
            ends[number] = step.IsOver ? EpisodeEnd.Over : steps[number] >= games[number].StepLimit ? EpisodeEnd.CutOff : EpisodeEnd.None;
            if (ends[number] == EpisodeEnd.None) continue;
            games[number].Observe(last[number]);
            episodes.Add(new Episode(Frames, returns[number], steps[number]));
            Begin(number);
        }
    }

    /// <summary>What was seen last of the episode of a game that ended in the step before: what a step that was cut off led to.</summary>
    /// <param name="number">Which game.</param>
    public ReadOnlySpan<float> LastSeen(int number) => last[number];

    /// <summary>The shape of some observations together.</summary>
    internal static Shape Batch(Shape observation, int count) =>
        observation.Rank == 1 ? [count, observation[0]] : [count, observation[0], observation[1], observation[2]];

    private void Begin(int number)
    {
        games[number].Reset(new RandomStream(seed, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"episode {begun++}")));
        (steps[number], returns[number]) = (0, 0);
    }
}

/// <summary>How an episode ended.</summary>
public enum EpisodeEnd
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>By the game's rules (Gymnasium's <c>terminated</c>): nothing comes after it.</summary>
    Over,

    /// <summary>At the limit of steps (<c>truncated</c>): what would have come is worth what the value says.</summary>
    CutOff,
}

/// <summary>An episode that has ended.</summary>
/// <param name="Frame">How many steps all games had made together by then.</param>
/// <param name="Return">The sum of its rewards.</param>
/// <param name="Steps">How long it was.</param>
public sealed record Episode(long Frame, double Return, int Steps);
