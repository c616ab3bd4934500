using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What each class counts in the loss.</summary>
public enum ClassWeighting
{
    /// <summary>Each example counts alike.</summary>
    None,

    /// <summary>Each class counts alike in all: n / (k n_c).</summary>
    Balanced,
}

/// <summary>Which examples an epoch has.</summary>
public enum ExampleSampling
{
    /// <summary>Each once.</summary>
    Shuffled,

    /// <summary>As many of each class, as many in all as there are.</summary>
    Balanced,
}

/// <summary>What is done about classes that have unequally many examples. Nothing unless it is set.</summary>
public sealed record ClassOptions
{
    /// <summary>What each class counts in the loss; null for each example alike.</summary>
    public ClassWeighting? Weights { get; init; }

    /// <summary>Gamma of the focal loss, with which examples that are known already count less (Lin et al. 2017); null for cross-entropy.</summary>
    public double? FocalGamma { get; init; }

    /// <summary>Which examples an epoch has; null for each once.</summary>
    public ExampleSampling? Sampling { get; init; }

    /// <summary>The loss of a classifier over examples.</summary>
    internal ClassificationLoss Loss(IReadOnlyList<int> labels, int classes, float labelSmoothing) => new()
    {
        LabelSmoothing = labelSmoothing,
        ClassWeights = Weights == ClassWeighting.Balanced ? ClassificationLoss.BalancedWeights(labels, classes) : [],
        FocalGamma = FocalGamma,
    };

    /// <summary>What epochs draw; null for each example once.</summary>
    internal IExampleOrder? Order(IReadOnlyList<int>? labels, ulong seed) =>
        Sampling == ExampleSampling.Balanced && labels is not null ? new BalancedOrder(labels, seed) : null;
}
