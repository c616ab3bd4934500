namespace Graft.Tensors;

/// <summary>A block of a device's memory, counted by those who hold it and given back to the pool by the last.</summary>
internal abstract class DeviceMemory(Device device, long bytes)
{
    private int references;

    public Device Device { get; } = device;

    public long Bytes { get; } = bytes;

    /// <summary>Raised each time the block goes back, so that a stale tensor is told from a live one.</summary>
    public int Generation { get; private set; }

    /// <summary>Whether more than one holder has the block: where it is only the caller it may be overwritten in place.</summary>
    public bool IsShared => Volatile.Read(ref references) > 1;

    /// <summary>What kernels have made of the block's numbers and kept.</summary>
    public DerivedForms Derived { get; } = new();

    public void Retain() => Interlocked.Increment(ref references);

    /// <summary>Holds the block if it still has the life that the caller has seen, and says whether it does.</summary>
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

    public void Release()
    {
        int left = Interlocked.Decrement(ref references);
        if (left > 0) return;
        if (left < 0) throw new InvalidOperationException("a block of memory was given back more often than it was held");
        Generation++;
        Derived.Drop();
        Recycle();
    }

    /// <summary>Puts the block back where the device's next rent finds it.</summary>
    protected abstract void Recycle();
}
