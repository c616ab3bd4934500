using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How a trunk learns from pictures without labels.</summary>
public sealed record ImagePretrainingOptions
{
    /// <summary>What is learnt.</summary>
    public PretrainingMethodKind Method { get; init; } = PretrainingMethodKind.SimClr;

    /// <summary>How often each picture is seen; twice each time where views are compared.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>Pictures a step, at most; all views of each. Methods that compare pictures want many.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The optimiser.</summary>
    public OptimiserKind Optimiser { get; init; } = OptimiserKind.AdamW;

    /// <summary>The weight decay of everything but vectors.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>How views are cropped and mirrored: SimCLR's random part of the picture, scaled to its size.</summary>
    public TrainingAugmentation Augmentation { get; init; } = new() { ResizedCrop = new ResizedCropRange { SmallestArea = 0.2 }, HorizontalFlipProbability = 0.5f };

    /// <summary>What else is done to views; null for other colours (<see cref="AugmentationPolicy.ColorJitter"/>) where views are compared and for nothing where pictures are
    /// painted.</summary>
    public VariationOptions? Variation { get; init; }

    /// <summary>The seed of whatever is drawn.</summary>
    public ulong Seed { get; init; }

    /// <summary>Reports each picture that cannot be read and is left out; null to end there.</summary>
    public Action<ImageException>? Unreadable { get; init; }

    /// <summary>How the run is kept and watched; null for neither.</summary>
    public RunOptions? Run { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Method);
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 2);
        if (!(LearningRate > 0 && double.IsFinite(LearningRate))) throw new ArgumentOutOfRangeException(nameof(LearningRate), LearningRate, "a learning rate is above 0");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay))) throw new ArgumentOutOfRangeException(nameof(WeightDecay), WeightDecay, "a weight decay is a number from 0 up");
        ArgumentNullException.ThrowIfNull(Optimiser);
        ArgumentNullException.ThrowIfNull(Augmentation);
        Variation?.Validate();
    }
}
