namespace Graft.Text;

/// <summary>Which text loses tokens where there are too many.</summary>
public enum Truncation
{
    /// <summary>The longer one, until both fit.</summary>
    LongestFirst,

    /// <summary>The first text alone.</summary>
    OnlyFirst,

    /// <summary>The second text alone.</summary>
    OnlySecond,

    /// <summary>Neither: it stays too long.</summary>
    None,
}

/// <summary>How a text is tokenised.</summary>
public sealed record TokeniseOptions
{
    /// <summary>The most tokens, special ones included; null for no limit.</summary>
    public int? MaximumLength { get; init; }

    /// <summary>Which text loses tokens where there are more.</summary>
    public Truncation Truncation { get; init; }

    /// <summary>How many tokens a window shares with the one before it.</summary>
    public int Stride { get; init; }

    /// <summary>Whether special tokens are put around the text.</summary>
    public bool AddSpecialTokens { get; init; } = true;
}
