using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How an image classifier is adapted to a folder of pictures.</summary>
public sealed record ImageFineTuneOptions
{
    private const int StepsAnEpoch = 24, SmallestBatch = 4, LargestBatch = 64;

    /// <summary>Epochs, rates, freezing, optimiser.</summary>
    public FineTuneOptions Recipe { get; init; } = new();

    /// <summary>Pictures a step, at most: an epoch's pictures are spread evenly over its steps, and none is left out. Null fits the
    /// steps to the data: 24 of them an epoch, with 4 to 64 pictures each.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The share of the target that is spread over all classes (Szegedy et al. 2016), in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>The share of each class's pictures that is kept from training and evaluated on after each epoch, in [0, 1).</summary>
    public double HeldOut { get; init; }

    /// <summary>A folder to evaluate on after each epoch instead, a sub-folder a class; null for none.</summary>
    public string? Validation { get; init; }

    /// <summary>Is told of each picture that cannot be read: it is left out and the rest is learnt from, as long as something is left
    /// of every class. Null refuses such pictures before anything changes. A picture that can no longer be read while the training
    /// runs is left out and told of in the same way, or ends it.</summary>
    public Action<ImageException>? Unreadable { get; init; }

    /// <summary>Pictures a step at most, for as many pictures in all.</summary>
    internal int BatchSizeFor(int examples) => BatchSize ?? Math.Clamp(examples / StepsAnEpoch, SmallestBatch, LargestBatch);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize ?? 1, nameof(BatchSize));
        if (!(LabelSmoothing is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(LabelSmoothing), LabelSmoothing, "label smoothing lies in [0, 1)");
        if (!(HeldOut is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(HeldOut), HeldOut, "the share held out lies in [0, 1)");
        if (HeldOut > 0 && Validation is not null) throw new ArgumentException("evaluate on a share that is held out or on a folder, not on both");
    }
}
