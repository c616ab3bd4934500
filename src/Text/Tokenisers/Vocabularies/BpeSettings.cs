namespace Graft.Text.Tokenisers;

/// <summary>What pairs of tokens become, in the order in which they are merged, and what a byte-pair encoding does beside.</summary>
internal sealed class BpeSettings
{
    /// <summary>The token for what is unknown; null to leave it out.</summary>
    public int? Unknown { get; init; }

    /// <summary>What stands before a token that does not begin its word.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What stands after a token that ends its word.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Whether unknown code points in a row are one token.</summary>
    public bool FusesUnknown { get; init; }

    /// <summary>Whether what is unknown becomes its bytes.</summary>
    public bool FallsBackToBytes { get; init; }

    /// <summary>Whether a word that is a token is not merged together.</summary>
    public bool TakesWholeWords { get; init; }
}
