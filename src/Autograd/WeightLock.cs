using System.Runtime.InteropServices;

namespace Graft.Autograd;

/// <summary>The readers-writer lock of a model's weights: forwards and backwards read them concurrently, a change is exclusive.</summary>
/// <remarks>A waiting change goes before readers that come after it. The lock is reentrant, but a reader may not become a writer.</remarks>
/// <example><code>
/// using (parameter.Lock.Change()) parameter.Fill(numbers => numbers.Clear());
/// </code></example>
#pragma warning disable CA1001 // what the lock holds of the system is made where threads wait long, and has a finaliser
public sealed class WeightLock
#pragma warning restore CA1001
{
    private static long count;

    private readonly ReaderWriterLockSlim gate = new(LockRecursionPolicy.SupportsRecursion);
    private readonly long order = Interlocked.Increment(ref count);
    private long changes;

    /// <summary>Enters as a reader, until what is returned is disposed of.</summary>
    public WeightReading Read() => new((WeightLock[])[this]);

    /// <summary>Enters exclusively, until what is returned is disposed of.</summary>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward that reads them.</exception>
    public WeightChange Change() => new((WeightLock[])[this]);

    /// <summary>How often the weights have been entered to be changed.</summary>
    public long Changes => Interlocked.Read(ref changes);

    /// <summary>Enters as a reader.</summary>
    internal void EnterRead() => gate.EnterReadLock();

    internal void ExitRead() => gate.ExitReadLock();

    /// <summary>Enters exclusively.</summary>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward that reads them.</exception>
    internal void EnterWrite()
    {
        if (gate.IsReadLockHeld && !gate.IsWriteLockHeld)
            throw new InvalidOperationException("the weights of a model cannot be changed from within a forward or backward of the same model: change them after it has returned");
        gate.EnterWriteLock();
        Interlocked.Increment(ref changes);
    }

    internal void ExitWrite() => gate.ExitWriteLock();

    /// <summary>Adds a lock to others unless it is among them; they are in the one order in which several are entered.</summary>
    internal static void Insert(List<WeightLock> locks, WeightLock added)
    {
        int at = locks.Count;
        while (at > 0 && locks[at - 1].order > added.order) at--;
        if (at == 0 || locks[at - 1] != added) locks.Insert(at, added);
    }
}

/// <summary>The locks of several models, in the one order in which several are entered.</summary>
/// <remarks>A set belongs to the thread that uses it; it is reused, so that a training step allocates none.</remarks>
public sealed class WeightLockSet
{
    private readonly List<WeightLock> locks = [];

    internal ReadOnlySpan<WeightLock> InOrder => CollectionsMarshal.AsSpan(locks);

    /// <summary>Adds a lock unless it is there.</summary>
    public void Add(WeightLock added)
    {
        ArgumentNullException.ThrowIfNull(added);
        WeightLock.Insert(locks, added);
    }

    /// <summary>Takes all locks out.</summary>
    public void Clear() => locks.Clear();

    /// <summary>Enters as a reader, until what is returned is disposed of.</summary>
    public WeightReading Read() => new(InOrder);

    /// <summary>Enters exclusively, until what is returned is disposed of.</summary>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward that reads them.</exception>
    public WeightChange Change() => new(InOrder);
}

/// <summary>Reads the weights behind one or several locks until it is disposed of.</summary>
public readonly ref struct WeightReading
{
    private readonly ReadOnlySpan<WeightLock> locks;

    /// <param name="locks">In their order.</param>
    internal WeightReading(ReadOnlySpan<WeightLock> locks)
    {
        foreach (var item in locks) item.EnterRead();
        this.locks = locks;
    }

    /// <summary>Lets others change them again.</summary>
    public void Dispose()
    {
        for (int i = locks.Length - 1; i >= 0; i--) locks[i].ExitRead();
    }
}

/// <summary>Holds one or several locks exclusively until it is disposed of.</summary>
public readonly ref struct WeightChange
{
    private readonly ReadOnlySpan<WeightLock> locks;

    /// <param name="locks">In their order.</param>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward that reads them.</exception>
    internal WeightChange(ReadOnlySpan<WeightLock> locks)
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

    /// <summary>Lets others read and change them again.</summary>
    public void Dispose()
    {
        for (int i = locks.Length - 1; i >= 0; i--) locks[i].ExitWrite();
    }
}
