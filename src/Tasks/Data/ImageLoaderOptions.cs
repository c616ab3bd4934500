namespace Graft.Tasks;

/// <summary>How a <see cref="ImageLoader"/> loads pictures (the arguments of PyTorch's <c>DataLoader</c>).</summary>
internal sealed record ImageLoaderOptions
{
    /// <summary>Pictures a batch, at most.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Shuffles, augments the pictures as the preprocessing says and spreads them evenly over the batches; otherwise they are
    /// preprocessed as for prediction, in the dataset's order. Every picture comes once.</summary>
    public bool Training { get; init; }

    /// <summary>Whether each epoch is shuffled; by default when training.</summary>
    public bool? Shuffle { get; init; }

    /// <summary>What else is done to pictures when training.</summary>
    public VariationOptions Variation { get; init; } = new();

    /// <summary>What each epoch draws, in its order, as many as there are pictures; null for each picture once.</summary>
    public IExampleOrder? Order { get; init; }

    /// <summary>Reports each picture that cannot be read, on the thread that takes the batches and in their order; the picture is left
    /// out and the rest of its batch comes. Null to throw instead of the batch.</summary>
    public Action<int, ImageException>? Unreadable { get; init; }

    /// <summary>The seed of shuffling and augmentation.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many variations of each picture there are, in turn, one an epoch; null where each epoch has its own.</summary>
    public int? Views { get; init; }

    /// <summary>The number of background threads (<c>num_workers</c>); 0 for one a core. The batches do not depend on it.</summary>
    public int Workers { get; init; }

    /// <summary>How many batches may be ready or in work ahead of the consumer (PyTorch's <c>prefetch_factor</c>).</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>Bytes of decoded pictures that are kept from one epoch to the next; 0 to decode each time.</summary>
    public long CacheBytes { get; init; } = 512L << 20;

    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(Workers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Prefetch);
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
    }
}
