namespace Graft.Reinforcement;

/// <summary>How <see cref="PolicyGradient"/> learns.</summary>
public sealed record PolicyGradientOptions
{
    /// <summary>Steps of each game between two updates; what an episode has not seen the end of by then is worth what the value says.</summary>
    public int Steps { get; init; } = 64;

    /// <summary>What a reward one step later is worth (gamma).</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>The weight of the policy's entropy.</summary>
    public double Entropy { get; init; } = 0.01;

    /// <summary>The weight of the value's error.</summary>
    public double Value { get; init; } = 0.5;

    /// <summary>The seed of the actions that are drawn.</summary>
    public ulong Seed { get; init; }

    /// <exception cref="ArgumentException">An option is impossible.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Steps);
        Numbers.RequireShare(Discount, nameof(Discount));
        Numbers.RequireFactor(Entropy, nameof(Entropy));
        Numbers.RequireFactor(Value, nameof(Value));
    }
}
