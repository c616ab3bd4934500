using System.Numerics;
using System.Runtime.Intrinsics;

namespace Graft.Tensors;

/// <summary>The CPU: pooled native memory, a fixed set of workers, kernels on the widest lane that the machine has.</summary>
/// <remarks>Results do not depend on the number of threads. Several passes may use one device from several threads.</remarks>
public sealed partial class CpuDevice : Device, IDisposable
{
    private readonly CpuPool pool;
    private readonly Workers workers;

    /// <summary>Makes a device with its own memory pool and worker threads.</summary>
    /// <param name="threads">How many threads work, the caller among them; 0 for one a core.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of threads.</exception>
    public CpuDevice(int threads = 0) : this(threads, WidestLanes)
    {
    }

    internal CpuDevice(int threads, LaneKind lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Lanes = lanes;
        pool = new CpuPool(this);
        workers = new Workers(threads == 0 ? Environment.ProcessorCount : threads, lanes);
    }

    /// <inheritdoc/>
    public override string Name => $"cpu ({Threads} threads, {LaneWidth} lanes)";

    /// <summary>How many threads work, the caller among them.</summary>
    public int Threads => workers.Threads;

    /// <summary>Bytes of memory that the pool has taken from the system so far.</summary>
    internal long BytesTaken => pool.BytesTaken;

    internal LaneKind Lanes { get; }

    internal static LaneKind WidestLanes =>
        Vector512.IsHardwareAccelerated ? LaneKind.Vector512 : Vector.IsHardwareAccelerated ? LaneKind.Vector : LaneKind.Scalar;

    private int LaneWidth => Lanes switch
    {
        LaneKind.Vector512 => Lane16.Width,
        LaneKind.Vector => LaneV.Width,
        _ => Lane1.Width,
    };

    /// <summary>Ends the worker threads; no kernel may run on the device afterwards.</summary>
    public void Dispose() => workers.Dispose();

    internal override DeviceMemory Rent(long bytes) => pool.Rent(bytes);

    /// <summary>Working memory that all workers of a kernel see.</summary>
    private Borrowed Borrow(long floats) => new(pool.Rent(Math.Max(1, floats) * sizeof(float)));

    internal override void Upload<T>(ReadOnlySpan<T> source, Tensor<T> destination)
    {
        source.CopyTo(destination.Span());
        destination.Memory.Derived.Drop();
        GC.KeepAlive(destination);
    }

    internal override void Download<T>(Tensor<T> source, Span<T> destination)
    {
        source.Span().CopyTo(destination);
        GC.KeepAlive(source);
    }
}
