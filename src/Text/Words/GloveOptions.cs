namespace Graft.Text;

/// <summary>How GloVe learns; what is not set is as the published program has it.</summary>
public sealed record GloveOptions
{
    /// <summary>D, the length of a vector.</summary>
    public int Dimension { get; init; } = 50;

    /// <summary>How many words on each side count, each with one over its distance.</summary>
    public int Window { get; init; } = 15;

    /// <summary>How often a word has to occur.</summary>
    public int MinimumCount { get; init; } = 5;

    /// <summary>How often the pairs are gone through.</summary>
    public int Epochs { get; init; } = 25;

    /// <summary>AdaGrad's rate.</summary>
    public float LearningRate { get; init; } = 0.05f;

    /// <summary>How often a pair has to occur to count fully (<c>x_max</c>).</summary>
    public double FullCount { get; init; } = 100;

    /// <summary>The power of a pair's share of that count (<c>alpha</c>).</summary>
    public double Power { get; init; } = 0.75;

    /// <summary>The seed of initial values and of the order.</summary>
    public ulong Seed { get; init; }
}
