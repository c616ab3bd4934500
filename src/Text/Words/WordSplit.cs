namespace Graft.Text;

/// <summary>What separates words.</summary>
public enum WordSplit
{
    /// <summary>White space alone: for text whose words stand apart already.</summary>
    WhiteSpace,

    /// <summary>White space and punctuation, each sign of which is a word.</summary>
    Punctuation,
}
