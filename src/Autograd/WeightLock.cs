namespace Graft.Autograd;

/// <summary>Keeps the weights of a model whole: forwards and backwards read them side by side, whoever changes them is alone.</summary>
/// <remarks>A change that waits is let in before readers that come after it. A thread may enter again what it has entered, but may not
/// change what it is reading.</remarks>
#pragma warning disable CA1001 // what the lock holds of the system is made where threads wait long, and has a finaliser
internal sealed class WeightLock
#pragma warning restore CA1001
{
    private static long count;

    private readonly ReaderWriterLockSlim gate = new(LockRecursionPolicy.SupportsRecursion);
    private readonly long order = Interlocked.Increment(ref count);

    /// <summary>Waits until nobody changes the weights.</summary>
    public void EnterRead() => gate.EnterReadLock();

    public void ExitRead() => gate.ExitReadLock();

    /// <summary>Waits until nobody reads the weights.</summary>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward that reads them.</exception>
    public void EnterWrite()
    {
        if (gate.IsReadLockHeld && !gate.IsWriteLockHeld)
            throw new InvalidOperationException("the weights of a model cannot be changed from within a forward or backward of the same model: change them after it has returned");
        gate.EnterWriteLock();
    }

    public void ExitWrite() => gate.ExitWriteLock();

    /// <summary>Adds a lock to others unless it is among them; they are in the one order in which several are entered.</summary>
    public static void Insert(List<WeightLock> locks, WeightLock added)
    {
        int at = locks.Count;
        while (at > 0 && locks[at - 1].order > added.order) at--;
        if (at == 0 || locks[at - 1] != added) locks.Insert(at, added);
    }
}

/// <summary>Reads the weights behind one or several locks until it is disposed of.</summary>
internal readonly ref struct WeightReading
{
    private readonly ReadOnlySpan<WeightLock> locks;

    /// <param name="locks">In their order.</param>
    public WeightReading(ReadOnlySpan<WeightLock> locks)
    {
        foreach (var item in locks) item.EnterRead();
        this.locks = locks;
    }

    public void Dispose()
    {
        for (int i = locks.Length - 1; i >= 0; i--) locks[i].ExitRead();
    }
}

/// <summary>Has the weights behind one or several locks alone until it is disposed of.</summary>
internal readonly ref struct WeightChange
{
    private readonly ReadOnlySpan<WeightLock> locks;

    /// <param name="locks">In their order.</param>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward that reads them.</exception>
    public WeightChange(ReadOnlySpan<WeightLock> locks)
    {
        int entered = 0;
        try
        {
            for (; entered < locks.Length; entered++) locks[entered].EnterWrite();
        }
        catch
        {
            while (entered > 0) locks[--entered].ExitWrite();
            throw;
        }
        this.locks = locks;
    }

    public void Dispose()
    {
        for (int i = locks.Length - 1; i >= 0; i--) locks[i].ExitWrite();
    }
}
