namespace Graft.Tasks;

/// <summary>The share of the memory budget that one picture holds while it is decoded. Small ones hold none.</summary>
internal sealed class DecodingMemory : IDisposable
{
    /// <summary>From here on a picture counts.</summary>
    private const long Small = 16L << 20;

    private static readonly object Gate = new();
    private static long held;

    private readonly long bytes;

    private DecodingMemory(long bytes) => this.bytes = bytes;

    /// <summary>What all pictures hold at the moment, in bytes.</summary>
    public static long Held
    {
        get
        {
            lock (Gate) return held;
        }
    }

    /// <summary>Waits until the bytes are free; disposing gives them back. Null for a small picture.</summary>
    /// <exception cref="ImageException">They are more than the whole budget.</exception>
    public static DecodingMemory? Take(long bytes, string name)
    {
        if (bytes < Small) return null;
        long budget = ImageDecoding.MemoryBudget;
        if (bytes > budget)
            throw new ImageException(name, $"decoding it would take about {Mebibytes(bytes)} MB, more than the {Mebibytes(budget)} that it may take; scale the image down first");
        lock (Gate)
        {
            while (held + bytes > budget) Monitor.Wait(Gate);
            held += bytes;
        }
        return new DecodingMemory(bytes);
    }

    public void Dispose()
    {
        lock (Gate)
        {
            held -= bytes;
            Monitor.PulseAll(Gate);
        }
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
