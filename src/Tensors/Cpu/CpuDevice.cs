using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Graft.Tensors;

/// <summary>The CPU: pooled native memory, a fixed set of workers, kernels on the widest lane that the machine has.</summary>
/// <remarks>Results do not depend on the number of threads. Any number of threads may run passes on one device at once: a kernel that
/// finds the workers taken by another thread's runs on its own. Memory that nobody holds is kept for the passes to come; what lies idle
/// for ten seconds or more goes back to the system.</remarks>
public sealed partial class CpuDevice : Device, IDisposable
{
    private readonly CpuPool pool;
    private readonly Workers workers;
    private readonly ThreadsEnd threadsEnd;
    private readonly bool isShared;

    /// <summary>Makes a device with its own memory pool and worker threads.</summary>
    /// <param name="threads">How many threads work, the caller among them; 0 for one a core.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of threads.</exception>
    public CpuDevice(int threads = 0) : this(threads, WidestLanes)
    {
    }

    internal CpuDevice(int threads, LaneKind lanes, bool isShared = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        this.isShared = isShared;
        Lanes = lanes;
        pool = new CpuPool(this);
        workers = new Workers(threads == 0 ? Environment.ProcessorCount : threads, lanes);
        threadsEnd = new ThreadsEnd(workers);
    }

    /// <inheritdoc/>
    public override string Name => $"cpu ({Threads} threads, {LaneWidth} lanes{(HasFusedMultiplyAdd ? "" : ", multiply-adds emulated")})";

    /// <summary>How many threads work, the caller among them.</summary>
    public int Threads => workers.Threads;

    /// <summary>Whether machine and build have an instruction for fused multiply-adds. Without one they are emulated: the same bits, many
    /// times slower. A build ahead of time has one where its instruction set does (docs/native-aot.md).</summary>
    public static bool HasFusedMultiplyAdd => !EmulatedFma.IsNeeded;

    /// <summary>Bytes of memory that the pool has from the system, in use or not.</summary>
    /// <remarks>What PyTorch calls reserved. A warmed-up training step adds nothing.</remarks>
    public long BytesTaken => pool.BytesTaken;

    internal LaneKind Lanes { get; }

    internal static LaneKind WidestLanes =>
        Vector512.IsHardwareAccelerated ? LaneKind.Vector512 : Vector.IsHardwareAccelerated ? LaneKind.Vector : LaneKind.Scalar;

    private int LaneWidth => Lanes switch
    {
        LaneKind.Vector512 => Lane16.Width,
        LaneKind.Vector => LaneV.Width,
        _ => Lane1.Width,
    };

    /// <summary>Gives memory that nobody holds back to the system at once, where waiting for the device to do so is too long.</summary>
    public void TrimMemory() => pool.Trim();

    /// <summary>Ends the worker threads and gives the memory back that nobody holds; what is still held follows when it is given back.
    /// Nothing can be made or computed on the device afterwards. <see cref="Device.Cpu"/>, which belongs to all, stays as it is.</summary>
    public void Dispose()
    {
        if (isShared) return;
        workers.Dispose();
        pool.Dispose();
    }

    internal static CpuDevice MakeShared() => new(0, WidestLanes, isShared: true);

    /// <inheritdoc/>
    public override DeviceMemory Rent(long bytes) => pool.Rent(bytes);

    /// <summary>Workspace that all workers of a kernel share.</summary>
    private SharedWorkspace RentWorkspace(long floats) => new(pool.Rent(Math.Max(1, floats) * sizeof(float)));

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, Tensor<T> destination)
    {
        source.CopyTo(destination.Span());
        destination.Memory.Invalidate();
        KeepAlive(destination);
    }

    /// <inheritdoc/>
    public override void Download<T>(Tensor<T> source, Span<T> destination)
    {
        source.Span().CopyTo(destination);
        KeepAlive(source);
    }

    /// <summary>Keeps a kernel's operands reachable up to here: it knows their memory by address alone, which keeps nothing alive.
    /// Compiles to no instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KeepAlive(
        object? a, object? b = null, object? c = null, object? d = null, object? e = null, object? f = null,
        object? g = null, object? h = null, object? i = null, object? j = null, object? k = null, object? l = null,
        object? m = null, object? n = null)
    {
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(c);
        GC.KeepAlive(d);
        GC.KeepAlive(e);
        GC.KeepAlive(f);
        GC.KeepAlive(g);
        GC.KeepAlive(h);
        GC.KeepAlive(i);
        GC.KeepAlive(j);
        GC.KeepAlive(k);
        GC.KeepAlive(l);
        GC.KeepAlive(m);
        GC.KeepAlive(n);
    }

    /// <summary>Ends the threads of a device that was dropped and not disposed of: they would not end by themselves.</summary>
    private sealed class ThreadsEnd(Workers workers)
    {
        ~ThreadsEnd() => workers.Dispose();
    }
}
