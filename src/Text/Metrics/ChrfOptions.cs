namespace Graft.Text;

/// <summary>How chrF is counted; the defaults are those of sacreBLEU (chrF2).</summary>
public sealed record ChrfOptions
{
    /// <summary>chrF++: runs of one and of two words count too.</summary>
    public static ChrfOptions PlusPlus { get; } = new() { WordOrder = 2 };

    /// <summary>The longest run of letters.</summary>
    public int CharacterOrder { get; init; } = 6;

    /// <summary>The longest run of words; 0 for letters alone.</summary>
    public int WordOrder { get; init; }

    /// <summary>How many times as much recall counts as precision.</summary>
    public int Beta { get; init; } = 2;

    /// <summary>Whether case does not count.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Whether white space is of the runs of letters.</summary>
    public bool KeepWhiteSpace { get; init; }

    /// <summary>Whether lengths that the texts do not have count next to nothing, as in <c>chrF++.py</c>, Moses and NLTK; else they are left out.</summary>
    public bool EpsilonSmoothing { get; init; }
}
