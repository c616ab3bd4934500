namespace Graft.Text;

/// <summary>What BLEU does where no run of some length matches (Chen and Cherry, "A systematic comparison of smoothing techniques for sentence-level BLEU", 2014).</summary>
public enum BleuSmoothing
{
    /// <summary>The k-th length without a match counts 2^-k matches (<c>exp</c>, that of <c>mteval-v13a.pl</c>).</summary>
    Exponential,

    /// <summary>A length without a match counts a small number of them, 0.1 where nothing else is said (<c>floor</c>).</summary>
    Floor,

    /// <summary>Every length but the first counts so many more matches and runs, 1 where nothing else is said (<c>add-k</c>).</summary>
    AddK,

    /// <summary>Nothing: one length without a match makes the score 0 (<c>none</c>).</summary>
    None,
}

/// <summary>How BLEU is counted; the defaults are those of sacreBLEU.</summary>
public sealed record BleuOptions
{
    /// <summary>How lines are cut into words.</summary>
    public BleuTokenisation Tokenisation { get; init; }

    /// <summary>Whether case does not count.</summary>
    public bool LowerCase { get; init; }

    /// <summary>What is done where no run of some length matches.</summary>
    public BleuSmoothing Smoothing { get; init; }

    /// <summary>The number of <see cref="BleuSmoothing.Floor"/> and <see cref="BleuSmoothing.AddK"/>; null for their defaults.</summary>
    public double? SmoothingValue { get; init; }

    /// <summary>The longest run that is counted.</summary>
    public int MaximumOrder { get; init; } = 4;

    /// <summary>Whether lengths that the hypotheses do not have are left out; for the scores of single sentences.</summary>
    public bool EffectiveOrder { get; init; }

    internal double Value => SmoothingValue ?? Smoothing switch { BleuSmoothing.Floor => 0.1, BleuSmoothing.AddK => 1, _ => 0 };

    internal string SmoothingName => Smoothing switch
    {
        BleuSmoothing.Exponential => "exp",
        BleuSmoothing.Floor => FormattableString.Invariant($"floor[{Value:f2}]"),
        BleuSmoothing.AddK => FormattableString.Invariant($"add-k[{Value:f2}]"),
        _ => "none",
    };
}
