namespace Graft.Tensors;

/// <summary>The block sizes of all products of matrices in one table, each with what has to stay in a cache for it, and how blocks are
/// dealt out to threads. Sizes in floats are meant for a second-level cache of 1 MiB (256 Ki floats) or half of it.</summary>
/// <remarks>BLIS's KC is <see cref="GemmDepth"/>, its MC <see cref="GemmRows"/>; its MR and NR are the micro-kernel's
/// (<see cref="TileShape"/>). A cut that shows in the bits, of a sum over pixels, depends on the shape alone; the others may depend on
/// the number of threads.</remarks>
internal static class Blocking
{
    /// <summary>Items a thread, where there is work enough: a thread that is held up gets fewer.</summary>
    private const int ItemsPerThread = 4;

    /// <summary>Matrix product: the depth of a block, so that a packed panel of it and the next one stay in the second-level
    /// cache.</summary>
    public const int GemmDepth = 384;

    /// <summary>Matrix product: the most rows of an item, so that a block of the left operand stays in the second-level cache.</summary>
    public const int GemmRows = 96;

    /// <summary>Matrix product: the most panels of an item, so that their sums share the second-level cache with the left block.</summary>
    public const int GemmPanels = 8;

    /// <summary>Matrix product: the most floats of a right operand that are packed at a time, which bounds the workspace.</summary>
    public const int GemmPacked = 16 << 20;

    /// <summary>Implicit GEMM: the most and the fewest pixels of an item, so that filters are read once for many.</summary>
    public const int MostPixels = 480, FewestPixels = 96;

    /// <summary>Implicit GEMM: floats of an item's input, half of the second-level cache at most.</summary>
    public const int ItemInput = 96 * 1024;

    /// <summary>Implicit GEMM: the most floats of a zero-padded copy, so that it stays in the second-level cache.</summary>
    public const int PaddedCopy = 160 * 1024;

    /// <summary>Implicit GEMM: the most floats of neighbouring panels that are gone through together, so that they stay in the
    /// second-level cache while strips of rows pass by, each of which is read and written once, in whole stretches of memory.</summary>
    public const int PanelGroup = 64 * 1024;

    /// <summary>Implicit GEMM: the most of the depth that is walked at a time, so that so much of a panel stays in the second-level
    /// cache.</summary>
    public const int WalkDepth = 640;

    /// <summary>Implicit GEMM: the micro-kernel's tiles in a strip of rows.</summary>
    public const int StripTiles = 16;

    /// <summary>Winograd: the most and the fewest squares of an item: a matrix of transformed filters is read once for all of
    /// them.</summary>
    public const int MostSquares = 48, FewestSquares = 24;

    /// <summary>Winograd: channels whose products are added one after another. The transformations leave most of the error in these sums, so they are short ones.</summary>
    public const int WinogradDepth = 16;

    /// <summary>Weight gradient: the most parts whose sums are kept apart.</summary>
    public const int GradientParts = 16;

    /// <summary>Weight gradient: the most floats of a part's own sums.</summary>
    public const int GradientSums = 128 * 1024;

    /// <summary>Weight gradient: floats of a block of pixels whose sums stay in the second-level cache beside it.</summary>
    public const int GradientBlock = 96 * 1024;

    /// <summary>Weight gradient: floats of a block of pixels where the sums are too many for that, so that they are gone through less
    /// often.</summary>
    public const int LargeGradientBlock = 1024 * 1024;

    /// <summary>Weight gradient by Winograd: input channels of an item, so that the sums of its 36 products with a panel stay in the
    /// cache while squares pass by.</summary>
    public const int GradientChannels = 64;

    /// <summary>Weight gradient by Winograd: how many items are wanted, on any number of threads.</summary>
    public const int GradientItems = 8;

    /// <summary>How many items make the threads evenly busy.</summary>
    public static nint WantedItems(int threads) => threads == 1 ? 1 : (nint)threads * ItemsPerThread;

    /// <summary>Cuts units (panels, tiles) that lie side by side where the items one below the other are too few.</summary>
    /// <param name="units">How many lie side by side.</param>
    /// <param name="down">How many items there are one below the other.</param>
    /// <param name="wanted">How many items are wanted in all.</param>
    /// <returns>The units of an item, and how many items lie side by side.</returns>
    public static (nint Each, nint Across) Spread(nint units, nint down, nint wanted)
    {
        nint each = Ceiling.Divide(units, Math.Min(units, Ceiling.Divide(wanted, down)));
        return (each, Ceiling.Divide(units, each));
    }
}
