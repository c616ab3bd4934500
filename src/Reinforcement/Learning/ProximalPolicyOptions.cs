namespace Graft.Reinforcement;

/// <summary>How <see cref="ProximalPolicy"/> learns; the names in brackets are those of Stable Baselines3.</summary>
public sealed record ProximalPolicyOptions
{
    /// <summary>Steps of each game between two updates (<c>n_steps</c>).</summary>
    public int Steps { get; init; } = 128;

    /// <summary>How often what was played is learnt from (<c>n_epochs</c>).</summary>
    public int Epochs { get; init; } = 4;

    /// <summary>Steps of games that are learnt from at once (<c>batch_size</c>).</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>What a reward one step later is worth (<c>gamma</c>).</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>How far advantages look (<c>gae_lambda</c>).</summary>
    public double Lambda { get; init; } = 0.95;

    /// <summary>How far an action's share may move before nothing more is gained by it (<c>clip_range</c>).</summary>
    public double Clip { get; init; } = 0.2;

    /// <summary>The weight of the policy's entropy (<c>ent_coef</c>).</summary>
    public double Entropy { get; init; } = 0.01;

    /// <summary>The weight of the value's error (<c>vf_coef</c>).</summary>
    public double Value { get; init; } = 0.5;

    /// <summary>The seed of the actions that are drawn and of the order of batches.</summary>
    public ulong Seed { get; init; }

    /// <exception cref="ArgumentException">An option is impossible.</exception>
    internal void Validate(int games)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Epochs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        Numbers.RequireShare(Discount, nameof(Discount));
        Numbers.RequireShare(Lambda, nameof(Lambda));
        if (Clip is not (> 0 and < 1)) throw new ArgumentException($"{nameof(Clip)} is {Clip}, and lies between 0 and 1");
        Numbers.RequireFactor(Entropy, nameof(Entropy));
        Numbers.RequireFactor(Value, nameof(Value));
        if (Steps * games % BatchSize != 0)
            throw new ArgumentException($"{Steps} steps of {games} games cannot be learnt from {BatchSize} at a time: take a batch size that divides {Steps * games}");
    }
}

/// <summary>Bounds of options.</summary>
internal static class Numbers
{
    /// <exception cref="ArgumentOutOfRangeException">It lies outside [0, 1].</exception>
    public static void RequireShare(double value, string name)
    {
        if (value is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(name, value, $"{name} lies in [0, 1]");
    }

    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    public static void RequireFactor(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value))) throw new ArgumentOutOfRangeException(name, value, $"{name} is 0 or more");
    }
}
