using System.Runtime.ExceptionServices;
using System.Runtime.Intrinsics;

namespace Graft.Tensors;

/// <summary>A kernel over a range of independent items, as a struct of pointers and numbers: <see cref="Run"/> does items
/// [begin, end) on whatever lane it is given.</summary>
internal interface IRangeKernel
{
    void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>;
}

/// <summary>Which lane the CPU's kernels run on.</summary>
internal enum LaneKind
{
    /// <summary><see cref="Lane1"/>.</summary>
    Scalar,

    /// <summary><see cref="LaneV"/>.</summary>
    Vector,

    /// <summary><see cref="Lane16"/>.</summary>
    Vector512,
}

/// <summary>Persistent threads, started when there is work for them, that share a range of items, the caller among them. Each takes the
/// next few items when it is through with its last, so one that is held up by another program does less. Waiting threads spin briefly, then sleep: on a shared
/// machine a spinning thread takes the core from the one it waits for.</summary>
internal sealed unsafe class Workers : IDisposable
{
    /// <summary>Work below this many elementary steps is not worth waking a thread for.</summary>
    private const long Grain = 32 * 1024;

    /// <summary>Shares a thread, where there are items and steps enough: whoever takes the last one is waited for, so it should not be long.</summary>
    private const int SharesPerThread = 32;

    /// <summary>Elementary steps of a share, at least, and less than <see cref="Grain"/>: to take one costs about as much as some hundred of them.</summary>
    private const long ShareGrain = 8 * 1024;

    private const int SpinsBeforeSleep = 200;

    [ThreadStatic]
    private static bool insideKernel;

    private readonly Lock oneAtATime = new();
    private readonly Signal allDone = new();
    private readonly Worker[] workers;
    private readonly LaneKind lanes;

    private void* kernel;
    private delegate*<void*, nint, nint, void> body;
    private nint items;
    private int shares;
    private int taken;
    private int openings;
    private int running;
    private int callers;
    private volatile bool isDisposed;
    private ExceptionDispatchInfo? failure;

    public Workers(int threads, LaneKind lanes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (lanes == LaneKind.Vector512 && !Vector512.IsHardwareAccelerated)
            throw new PlatformNotSupportedException("512-bit lanes: this machine, or what was compiled for it, has none");
        this.lanes = lanes;
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.Length; i++) workers[i] = new Worker(this, i + 1);
    }

    public int Threads => workers.Length + 1;

    /// <summary>Runs the kernel over [0, <paramref name="count"/>) and returns when all of it is done.</summary>
    /// <param name="kernel">The kernel; copied nowhere, so it may lie on the caller's stack.</param>
    /// <param name="count">The number of items.</param>
    /// <param name="stepsPerItem">About how many elementary steps an item costs: decides whether threads are woken.</param>
    public void Run<TKernel>(in TKernel kernel, nint count, long stepsPerItem = 1) where TKernel : unmanaged, IRangeKernel
    {
        ObjectDisposedException.ThrowIf(isDisposed, typeof(CpuDevice));
        if (count <= 0) return;
        fixed (TKernel* at = &kernel)
        {
            // asked of the machine first: what it can't have is then not compiled ahead of time either
            if (Vector512.IsHardwareAccelerated && lanes == LaneKind.Vector512) Share(at, &Invoke<TKernel, Lane16>, count, stepsPerItem);
            else if (lanes == LaneKind.Vector) Share(at, &Invoke<TKernel, LaneV>, count, stepsPerItem);
            else Share(at, &Invoke<TKernel, Lane1>, count, stepsPerItem);
        }
    }

    private static void Invoke<TKernel, S>(void* kernel, nint begin, nint end)
        where TKernel : unmanaged, IRangeKernel
        where S : unmanaged, IVectorLane<S> => ((TKernel*)kernel)->Run<S>(begin, end);

    private void Share(void* kernel, delegate*<void*, nint, nint, void> body, nint count, long stepsPerItem)
    {
        long steps = (long)count * Math.Max(1, stepsPerItem);
        int parts = (int)Math.Min(Math.Min(Math.Max(1, steps / Grain), Threads), count);
        // small and nested calls run on their callers
        if (parts == 1 || insideKernel)
        {
            body(kernel, 0, count);
            return;
        }
        // so do those that find the workers taken by another thread's pass, and all where every core has a caller of its own: to wake
        // threads and to wait for them would take time from everybody
        bool isCrowded = Interlocked.Increment(ref callers) >= Threads, isEntered = false;
        try
        {
            if (isCrowded || !(isEntered = oneAtATime.TryEnter()))
            {
                body(kernel, 0, count);
                return;
            }
            this.kernel = kernel;
            this.body = body;
            shares = (int)Math.Min(count, Math.Min(steps / ShareGrain, parts * SharesPerThread));
            taken = 0;
            items = count;
            failure = null;
            Volatile.Write(ref running, parts - 1);
            Volatile.Write(ref openings, parts - 1);
            for (int i = 0; i < parts - 1; i++) workers[i].Wake();
            TakeShares();
            // nothing is left to take: a thread that has not even woken up is not waited for
            int late = Math.Max(0, Interlocked.Exchange(ref openings, 0));
            Interlocked.Add(ref running, -late);
            allDone.Wait(static owner => Volatile.Read(ref owner.running) == 0, this);
            failure?.Throw();
        }
        finally
        {
            if (isEntered) oneAtATime.Exit();
            Interlocked.Decrement(ref callers);
        }
    }

    /// <summary>Whether there is still work for a thread that has woken up; it then counts as running.</summary>
    private bool TryJoin()
    {
        int seen = Volatile.Read(ref openings);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref openings, seen - 1, seen);
            if (before == seen) return true;
            seen = before;
        }
        return false;
    }

    private void TakeShares()
    {
        insideKernel = true;
        try
        {
            for (int share; (share = Interlocked.Increment(ref taken) - 1) < shares;)
                body(kernel, (nint)((long)items * share / shares), (nint)((long)items * (share + 1) / shares));
        }
#pragma warning disable CA1031 // whatever a share throws is thrown again on the caller's thread
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
        }
        finally
        {
            insideKernel = false;
        }
    }

    public void Dispose()
    {
        isDisposed = true;
        foreach (var worker in workers) worker.Stop();
    }

    private sealed class Worker
    {
        private readonly Workers owner;
        private readonly int index;
        private readonly Signal signal = new();
        private bool isStarted;
        private ThreadPlacement? placement;
        private int work;
        private volatile bool stopping;

        public Worker(Workers owner, int index)
        {
            this.owner = owner;
            this.index = index;
        }

        /// <summary>To be called by one thread at a time.</summary>
        public void Wake()
        {
            Volatile.Write(ref work, 1);
            if (isStarted)
            {
                if (!signal.TryClaimSleeper()) return;
                Volatile.Read(ref placement)?.KeepOffThisCore();
                signal.Release();
                return;
            }
            // a device that never has work for its threads never has threads
            isStarted = true;
            new Thread(Loop) { IsBackground = true, Name = $"graft worker {index}" }.Start();
        }

        public void Stop()
        {
            stopping = true;
            Volatile.Write(ref work, 1);
            signal.Set();
        }

        private void Loop()
        {
            Volatile.Write(ref placement, ThreadPlacement.OfThisThread(owner.Threads));
            while (true)
            {
                signal.Wait(static worker => Interlocked.Exchange(ref worker.work, 0) == 1, this);
                placement?.GoAnywhere();
                if (stopping) return;
                if (!owner.TryJoin()) continue;
                owner.TakeShares();
                if (Interlocked.Decrement(ref owner.running) == 0) owner.allDone.Set();
            }
        }
    }

    /// <summary>Lets one thread wait for a condition that another makes true: a brief spin first, then sleep.</summary>
#pragma warning disable CA1001 // the semaphore never makes the wait handle that would need disposing
    private sealed class Signal
#pragma warning restore CA1001
    {
        private readonly SemaphoreSlim sleep = new(0);
        private int asleep;

        /// <summary>To be called after the condition was made true.</summary>
        public void Set()
        {
            if (TryClaimSleeper()) Release();
        }

        /// <summary>Whether the other thread sleeps, or is about to: who is told so has to call <see cref="Release"/>.</summary>
        public bool TryClaimSleeper() => Interlocked.CompareExchange(ref asleep, 0, 1) == 1;

        public void Release() => sleep.Release();

        /// <summary>Returns when the condition held; a condition that takes something takes it once.</summary>
        public void Wait<TState>(Func<TState, bool> condition, TState state)
        {
            while (true)
            {
                for (int spin = 0; spin < SpinsBeforeSleep; spin++)
                {
                    if (condition(state)) return;
                    Thread.SpinWait(20);
                }
                Interlocked.Exchange(ref asleep, 1);
                if (condition(state))
                {
                    // the other side may have seen us asleep already: then its release is taken, so that none is left over
                    if (Interlocked.CompareExchange(ref asleep, 0, 1) == 0) sleep.Wait();
                    return;
                }
                sleep.Wait();
            }
        }
    }
}
