using System.Numerics;
using System.Runtime.InteropServices;

namespace Graft.Tensors;

/// <summary>Where a sleeping thread wakes up. Linux may wake it on the core of the thread that wakes it although another core idles (in a virtual machine whose cores show
/// no shared cache it often does), and takes some milliseconds to part the two, in which the woken one waits for the other's work to end.</summary>
internal sealed unsafe partial class ThreadPlacement
{
    // 1,024 cores, as cpu_set_t has
    private const int Words = 16, BitsPerWord = 64;

    private readonly int thread;
    private readonly ulong[] allowed = new ulong[Words];
    private bool isKeptOff;

    private ThreadPlacement(int thread) => this.thread = thread;

    /// <summary>That of the calling thread, one of <paramref name="threads"/> that work together; null where they have no core each, or the system does not let itself be told.</summary>
    public static ThreadPlacement? OfThisThread(int threads)
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            var placement = new ThreadPlacement(CurrentThread());
            return CurrentCore() >= 0 && placement.ReadAllowed() >= threads ? placement : null;
        }
        catch (EntryPointNotFoundException)
        {
            // a C library without these functions
            return null;
        }
    }

    /// <summary>Has the thread, which sleeps, wake up on another core than the caller's.</summary>
    public void KeepOffThisCore()
    {
        int core = CurrentCore();
        // read each time: others may have changed it, and it is theirs to
        if ((uint)core >= Words * BitsPerWord || ReadAllowed() < 2) return;
        ulong* mask = stackalloc ulong[Words];
        allowed.CopyTo(new Span<ulong>(mask, Words));
        mask[core / BitsPerWord] &= ~(1UL << core % BitsPerWord);
        // a core that was taken away meanwhile is no failure: the thread then wakes where the system wants it to
        if (SetAffinity(thread, Words * sizeof(ulong), mask) == 0) Volatile.Write(ref isKeptOff, true);
    }

    /// <summary>Lets the thread, which is the caller, go wherever it could before.</summary>
    public void GoAnywhere()
    {
        if (!Volatile.Read(ref isKeptOff)) return;
        isKeptOff = false;
        fixed (ulong* mask = allowed) _ = SetAffinity(thread, Words * sizeof(ulong), mask);
    }

    /// <summary>Where the thread may run, and on how many cores; 0 where the system does not tell.</summary>
    private int ReadAllowed()
    {
        fixed (ulong* mask = allowed)
            if (GetAffinity(thread, Words * sizeof(ulong), mask) < 0) return 0;
        int cores = 0;
        foreach (ulong word in allowed) cores += BitOperations.PopCount(word);
        return cores;
    }

    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    [SuppressGCTransition]
    private static partial int CurrentCore();

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int CurrentThread();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
