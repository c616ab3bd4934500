namespace Graft.Text;

/// <summary>How word vectors are learnt with negative sampling; what is not set is as the published program has it.</summary>
public sealed record Word2VecOptions
{
    /// <summary>Skip-gram or CBOW.</summary>
    public WordVectorMethod Method { get; init; }

    /// <summary>D, the length of a vector.</summary>
    public int Dimension { get; init; } = 100;

    /// <summary>How many words on each side count at most; for each word the reach is drawn from 1 to this.</summary>
    public int Window { get; init; } = 5;

    /// <summary>How many wrong words are drawn for a right one.</summary>
    public int NegativeSamples { get; init; } = 5;

    /// <summary>How often a word has to occur.</summary>
    public int MinimumCount { get; init; } = 5;

    /// <summary>The share of a text above which words are left out at random, the more the more frequent; 0 keeps all.</summary>
    public double Subsampling { get; init; } = 1e-3;

    /// <summary>How often the text is read.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>The rate at the beginning, which falls linearly to a ten thousandth of it; null for 0.025, with CBOW 0.05.</summary>
    public float? LearningRate { get; init; }

    /// <summary>The seed of initial values and draws.</summary>
    public ulong Seed { get; init; }
}
