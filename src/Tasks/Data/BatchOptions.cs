namespace Graft.Tasks;

/// <summary>How a <see cref="Batches"/> goes through its pictures.</summary>
internal sealed record BatchOptions
{
    /// <summary>Pictures a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Shuffles, varies the pictures as the preprocessing says and drops a last batch that is not full; otherwise every
    /// picture comes once, as prediction sees it, in the source's order.</summary>
    public bool Training { get; init; }

    /// <summary>Whether the order is drawn anew for each epoch; by default when training.</summary>
    public bool? Shuffle { get; init; }

    /// <summary>Whether a last batch that is not full is left out; by default when training. An only batch stays.</summary>
    public bool? DropLast { get; init; }

    /// <summary>The seed of the order and of the variation.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many background threads decode; 0 for one a core. The batches do not depend on it.</summary>
    public int Workers { get; init; }

    /// <summary>How many batches may be ready or in work ahead of the one that is wanted.</summary>
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
