namespace Graft.Text;

/// <summary>How a word is looked up where word vectors spell it with other capital letters.</summary>
public enum WordCase
{
    /// <summary>As it is spelled alone.</summary>
    Exact,

    /// <summary>As it is spelled, else in lower case: for vectors of text in lower case, as GloVe's are.</summary>
    LowerIfMissing,

    /// <summary>As it is spelled, else in lower case, else the first word of the file that differs by capital letters alone.</summary>
    Any,
}
