using Graft.Text;

namespace Graft.Tasks;

/// <summary>What stands on word vectors to classify texts.</summary>
public enum WordModelKind
{
    /// <summary>The mean of a text's vectors (<see cref="BagOfVectors"/>).</summary>
    Bag,

    /// <summary>Windows of words, of each feature the largest value (<see cref="TextCnn"/>).</summary>
    Cnn,
}

/// <summary>A network over word vectors for texts of one's own; the defaults are those of Kim 2014.</summary>
public sealed record WordModelOptions
{
    /// <summary>What stands on the vectors.</summary>
    public WordModelKind Kind { get; init; }

    /// <summary>What separates words; null for the way by which more of the texts has a vector.</summary>
    public WordSplit? Split { get; init; }

    /// <summary>How often a word without a vector has to occur in the texts to be told from other unknown ones.</summary>
    public int MinimumCount { get; init; } = 2;

    /// <summary>How many words of the file that are not in the texts are known as well, those that stand first in it.</summary>
    public int FurtherWords { get; init; } = 20_000;

    /// <summary>What words without a vector begin with.</summary>
    public UnknownWords Unknown { get; init; } = UnknownWords.Random;

    /// <summary>The probability of dropout in front of the classifier.</summary>
    public float Dropout { get; init; } = 0.5f;

    /// <summary>How wide a bag's hidden layer is; 0 for none.</summary>
    public int HiddenSize { get; init; }

    /// <summary>How many words each of a CNN's windows spans.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [3, 4, 5];

    /// <summary>How many features a CNN has for each width.</summary>
    public int Filters { get; init; } = 100;

    /// <summary>The seed of initial values.</summary>
    public ulong Seed { get; init; }
}
