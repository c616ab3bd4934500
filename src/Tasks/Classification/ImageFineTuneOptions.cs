using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How an image classifier is adapted to a folder of pictures.</summary>
public sealed record ImageFineTuneOptions
{
    /// <summary>Epochs, rates, freezing, optimiser.</summary>
    public FineTuneOptions Recipe { get; init; } = new();

    /// <summary>Pictures a step. A last batch that is not full is left out of the epoch, unless it is the only one.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>The share of the target that is spread over all classes (Szegedy et al. 2016), in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>The share of each class's pictures that is kept from training and evaluated on after each epoch, in [0, 1).</summary>
    public double HeldOut { get; init; }

    /// <summary>A folder to evaluate on after each epoch instead, a sub-folder a class; null for none.</summary>
    public string? Validation { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        if (!(LabelSmoothing is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(LabelSmoothing), LabelSmoothing, "label smoothing lies in [0, 1)");
        if (!(HeldOut is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(HeldOut), HeldOut, "the share held out lies in [0, 1)");
        if (HeldOut > 0 && Validation is not null) throw new ArgumentException("evaluate on a share that is held out or on a folder, not on both");
    }
}
