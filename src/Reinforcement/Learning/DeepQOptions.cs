namespace Graft.Reinforcement;

/// <summary>How <see cref="DeepQ"/> learns; the names in brackets are those of Stable Baselines3.</summary>
public sealed record DeepQOptions
{
    /// <summary>Steps of all games together between two rounds of learning (<c>train_freq</c>).</summary>
    public int Frames { get; init; } = 256;

    /// <summary>Batches a round (<c>gradient_steps</c>).</summary>
    public int Batches { get; init; } = 64;

    /// <summary>Steps a batch (<c>batch_size</c>).</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>How many steps are kept (<c>buffer_size</c>).</summary>
    public int Memory { get; init; } = 100_000;

    /// <summary>How many are played at random before the first batch (<c>learning_starts</c>).</summary>
    public int Begin { get; init; } = 1000;

    /// <summary>What a reward one step later is worth (<c>gamma</c>).</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>Batches after which the target network is the network again (<c>target_update_interval</c>).</summary>
    public int TargetEvery { get; init; } = 64;

    /// <summary>The share of actions at random in the end (<c>exploration_final_eps</c>).</summary>
    public double Exploration { get; init; } = 0.04;

    /// <summary>Steps of all games together over which it falls from 1 (<c>exploration_fraction</c> of all).</summary>
    public int ExplorationFrames { get; init; } = 8000;

    /// <summary>Whether the network says which action is best and the target network what it is worth (double Q-learning; van Hasselt et al. 2016).</summary>
    public bool IsDouble { get; init; } = true;

    /// <summary>How much more often what surprised is learnt from (alpha of prioritised replay); 0 for not at all.</summary>
    public double Priority { get; init; }

    /// <summary>How far the loss makes up for that (beta).</summary>
    public double Correction { get; init; } = 0.4;

    /// <summary>The seed of the actions and batches that are drawn.</summary>
    public ulong Seed { get; init; }

    /// <exception cref="ArgumentException">An option is impossible.</exception>
    internal void Validate(int games)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Frames);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Batches);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Memory);
        ArgumentOutOfRangeException.ThrowIfNegative(Begin);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(TargetEvery);
        ArgumentOutOfRangeException.ThrowIfNegative(ExplorationFrames);
        Numbers.RequireShare(Discount, nameof(Discount));
        Numbers.RequireShare(Exploration, nameof(Exploration));
        Numbers.RequireShare(Priority, nameof(Priority));
        Numbers.RequireShare(Correction, nameof(Correction));
        if (Frames % games != 0) throw new ArgumentException($"{Frames} steps cannot be shared by {games} games: take a multiple of {games}");
    }
}
