namespace Graft.Tasks;

/// <summary>How much a picture may ask for while it is decoded. The settings are the process's, because its memory is: all threads
/// and all classifiers share them. Set them before the first picture is read.</summary>
public static class ImageDecoding
{
    private static long maximumPixels = 2L * 89_478_485;
    private static long fullSizePixels = 25_000_000;
    private static long memoryBudget = 512L << 20;

    /// <summary>A picture of more pixels is refused before memory is taken for it; Pillow's limit, 178,956,970, by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public static long MaximumPixels
    {
        get => Volatile.Read(ref maximumPixels);
        set => Volatile.Write(ref maximumPixels, Positive(value));
    }

    /// <summary>Pictures of up to so many pixels, 25 million by default, are decoded whole and give Pillow's bytes. A larger one is
    /// scaled down while it is decoded, by an integer or to eighths, to about 4 million pixels with a shorter side of 512 at least, so that
    /// it does not take the memory of all its pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public static long FullSizePixels
    {
        get => Volatile.Read(ref fullSizePixels);
        set => Volatile.Write(ref fullSizePixels, Positive(value));
    }

    /// <summary>How many bytes decoding may take at a time, on all threads together; 512 MiB by default. Large pictures wait for one
    /// another; one that would take more by itself is refused, as is a longer file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public static long MemoryBudget
    {
        get => Volatile.Read(ref memoryBudget);
        set => Volatile.Write(ref memoryBudget, Positive(value));
    }

    private static long Positive(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}
