namespace Graft.Tensors;

/// <summary>Which part of a block, read in which order, packed weights were made of, and for which product.</summary>
/// <param name="Offset">The element of the block that is the weight's first.</param>
/// <param name="LineStep">From a line (an output channel or a column) to the next.</param>
/// <param name="InnerStep">From a channel to the next.</param>
/// <param name="TapRowStep">From a row of a filter's taps to the next.</param>
/// <param name="TapColumnStep">From a tap to the next in its row.</param>
/// <param name="Lines">How many lines.</param>
/// <param name="Depth">How many numbers a line.</param>
/// <param name="PanelWidth">The width of the packed panels.</param>
/// <param name="Format">What was done to the numbers besides.</param>
internal readonly record struct PackedWeightsKey(
    int Offset, nint LineStep, nint InnerStep, nint TapRowStep, nint TapColumnStep, nint Lines, nint Depth, int PanelWidth, WeightFormat Format);

/// <summary>In which form kernels read packed weights.</summary>
internal enum WeightFormat
{
    /// <summary>Panels of the weight's own numbers.</summary>
    Panels,

    /// <summary>Panels of filters transformed for Winograd's convolution.</summary>
    WinogradPanels,

    /// <summary>A depthwise convolution's taps, the channels of each side by side.</summary>
    Taps,
}

/// <summary>What kernels have made of the weights in a block, packed panels for products, kept until the weights change.</summary>
/// <remarks>Any thread may ask for packed weights while another changes the numbers. They are held by whoever reads them, so that dropping
/// them takes them from nobody; and they are dropped after the numbers have been written, so that some which were made of half-written
/// numbers do not stay.</remarks>
internal sealed class PackedWeights
{
    private readonly List<(PackedWeightsKey Key, DeviceMemory Packed)> kept = [];
    private bool mayHaveKept;

    /// <summary>To be held from the search for packed weights to their keeping, so that two threads that need some make them once.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The packed weights of that key, held for the caller, who gives them back; null where there are none.</summary>
    public DeviceMemory? Hold(in PackedWeightsKey key)
    {
        lock (Gate)
        {
            if (!mayHaveKept)
            {
                // whoever finds none makes some: that is seen before the numbers are read, so that whoever writes them drops these
                mayHaveKept = true;
                Interlocked.MemoryBarrier();
            }
            foreach (var (known, packed) in kept)
            {
                if (known != key) continue;
                packed.Retain();
                return packed;
            }
            return null;
        }
    }

    /// <summary>Keeps packed weights beside the caller, who holds them on and gives them back as any other.</summary>
    public void Keep(in PackedWeightsKey key, DeviceMemory packed)
    {
        packed.Retain();
        lock (Gate) kept.Add((key, packed));
    }

    /// <summary>Forgets all: to be called when the numbers have been changed, or are gone.</summary>
    public void Drop()
    {
        if (!mayHaveKept) return;
        // packed weights of the old numbers that are not in the list yet are being made within the gate
        lock (Gate)
        {
            foreach (var (_, packed) in kept) packed.Release();
            kept.Clear();
        }
    }
}
