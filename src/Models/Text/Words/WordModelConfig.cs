namespace Graft.Models;

/// <summary>The sizes of a network over word vectors.</summary>
public sealed record WordModelConfig
{
    /// <summary>V, how many words it knows, those for padding and for the unknown included.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>D, the length of a word's vector.</summary>
    public int EmbeddingSize { get; init; } = 300;

    /// <summary>L, how many classes or values it gives.</summary>
    public int Labels { get; init; } = 2;

    /// <summary>The labels' names in index order; null for LABEL_0, LABEL_1 ...</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    /// <summary>The word that fills texts up; its vector is zero and stays so.</summary>
    public int PaddingToken { get; init; }

    /// <summary>How many words a text may have.</summary>
    public int MaximumLength { get; init; } = 2048;

    /// <summary>The probability of dropout in front of the classifier.</summary>
    public float Dropout { get; init; } = 0.5f;

    /// <summary>How wide a bag's hidden layer is; 0 for none.</summary>
    public int HiddenSize { get; init; }

    /// <summary>How many words each of a CNN's windows spans.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [3, 4, 5];

    /// <summary>How many features a CNN has for each width.</summary>
    public int Filters { get; init; } = 100;
}
