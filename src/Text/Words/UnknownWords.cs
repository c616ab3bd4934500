namespace Graft.Text;

/// <summary>What a word without a vector gets in a table.</summary>
public enum UnknownWords
{
    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>Numbers drawn for the word, uniform with the variance of the known vectors (Kim 2014).</summary>
    Random,
}
