namespace Graft.Tensors;

/// <summary>A block of a device's memory, counted by those who hold it and given back to the pool by the last.</summary>
/// <remarks>Thread-safe. A device derives its own class, which knows where the block is, and hands it out held once
/// (<see cref="Device.Rent(long)"/>).</remarks>
public abstract class DeviceMemory
{
    private int references;
    private int version;

    /// <summary>A block that nobody holds yet.</summary>
    /// <param name="device">Whose memory it is.</param>
    /// <param name="bytes">How long it is.</param>
    protected DeviceMemory(Device device, long bytes) => (Device, Bytes) = (device, bytes);

    /// <summary>The device whose memory it is.</summary>
    public Device Device { get; }

    /// <summary>How many bytes it has.</summary>
    public long Bytes { get; }

    /// <summary>Raised each time the block goes back to the pool, so that a stale tensor is told from a live one.</summary>
    public int Generation { get; private set; }

    /// <summary>Raised each time the numbers have changed, or may have (<see cref="Invalidate"/>).</summary>
    public int Version => Volatile.Read(ref version);

    /// <summary>Whether more than one holder has the block: where it is only the caller it may be overwritten in place.</summary>
    public bool IsShared => Volatile.Read(ref references) > 1;

    /// <summary>Holds the block once more.</summary>
    public void Retain() => Interlocked.Increment(ref references);

    /// <summary>Holds the block if it still has the life that the caller has seen, and says whether it does.</summary>
    /// <param name="generation">The <see cref="Generation"/> that the caller has seen.</param>
    public bool TryRetain(int generation)
    {
        int seen = Volatile.Read(ref references);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref references, seen + 1, seen);
            if (before != seen)
            {
                seen = before;
                continue;
            }
            if (Generation == generation) return true;
            Release();
            return false;
        }
        return false;
    }

    /// <summary>Holds the block once less; the last holder's release gives it back to the pool.</summary>
    /// <exception cref="InvalidOperationException">Nobody held it.</exception>
    public void Release()
    {
        int left = Interlocked.Decrement(ref references);
        if (left > 0) return;
        if (left < 0) throw new InvalidOperationException("a block of memory was given back more often than it was held");
        Generation++;
        Invalidate();
        Recycle();
    }

    /// <summary>Says that the numbers have been changed: what was made of the old ones no longer holds. To be called after they were
    /// written, by whoever wrote them.</summary>
    public void Invalidate()
    {
        Interlocked.Increment(ref version);
        DropPackedWeights();
    }

    /// <summary>Puts the block back where the device's next rent finds it.</summary>
    protected abstract void Recycle();

    /// <summary>Forgets what the device's kernels made of the block's numbers and kept: packed weights. Nothing, for a device that keeps
    /// nothing.</summary>
    protected virtual void DropPackedWeights()
    {
    }
}
