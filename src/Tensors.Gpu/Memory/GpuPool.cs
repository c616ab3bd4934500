using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;

namespace Graft.Tensors.Gpu;

/// <summary>The accelerator's memory in size classes, kept between passes: taking memory from the driver makes it wait for
/// all that is running.</summary>
/// <remarks>All work goes through one stream in order, so a block may be handed out again while the work that last used it
/// is still queued.</remarks>
internal sealed class GpuPool(GpuDevice device, Accelerator accelerator) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Stack<GpuMemory>[] free = CreateStacks();

    // the finaliser of a block that nobody gave back puts it here: it may run on any thread, in the middle of anything
    private readonly ConcurrentQueue<(MemoryBuffer1D<byte, Stride1D.Dense> Buffer, int SizeClass)> abandoned = new();

    // holding every buffer here keeps ILGPU's own finaliser away from it
    private readonly HashSet<MemoryBuffer> buffers = [];
    private long bytesTaken;
    private bool disposed;

    /// <summary>How much memory has been taken from the driver so far; a warmed-up training step adds nothing.</summary>
    public long BytesTaken => Interlocked.Read(ref bytesTaken);

    public DeviceMemory Rent(long bytes)
    {
        int sizeClass = SizeClasses.Of(bytes);
        GpuMemory? memory;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, device);
            while (abandoned.TryDequeue(out var block)) free[block.SizeClass].Push(new GpuMemory(this, device, block.Buffer, block.SizeClass));
            if (!free[sizeClass].TryPop(out memory)) memory = new GpuMemory(this, device, Take(sizeClass), sizeClass);
        }
        memory.Retain();
        return memory;
    }

    /// <summary>Gives all memory back to the driver; no tensor of the device may be used afterwards.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            foreach (var buffer in buffers) buffer.Dispose();
            buffers.Clear();
            foreach (var stack in free) stack.Clear();
        }
    }

    private MemoryBuffer1D<byte, Stride1D.Dense> Take(int sizeClass)
    {
        long size = SizeClasses.Bytes(sizeClass);
        MemoryBuffer1D<byte, Stride1D.Dense> buffer;
        try
        {
            buffer = accelerator.Allocate1D<byte>(size);
        }
        catch (AcceleratorException)
        {
            GiveBackUnused();
            try
            {
                buffer = accelerator.Allocate1D<byte>(size);
            }
            catch (AcceleratorException exception)
            {
                throw new InsufficientMemoryException(
                    $"{device.Name} has no {size} bytes left beside the {BytesTaken} in use; a smaller batch needs less", exception);
            }
        }
        buffers.Add(buffer);
        Interlocked.Add(ref bytesTaken, size);
        return buffer;
    }

    /// <summary>Blocks of other sizes may be all that stands in the way of one more.</summary>
    private void GiveBackUnused()
    {
        foreach (var stack in free)
        {
            while (stack.TryPop(out var memory))
            {
                buffers.Remove(memory.Buffer);
                memory.Discard();
                Interlocked.Add(ref bytesTaken, -memory.Bytes);
            }
        }
    }

    private static Stack<GpuMemory>[] CreateStacks()
    {
        var stacks = new Stack<GpuMemory>[SizeClasses.Count];
        for (int i = 0; i < stacks.Length; i++) stacks[i] = new Stack<GpuMemory>();
        return stacks;
    }

    /// <summary>A block of the accelerator's memory; back in the pool when the garbage collector finds nobody holding it.</summary>
    internal sealed class GpuMemory(GpuPool pool, Device device, MemoryBuffer1D<byte, Stride1D.Dense> buffer, int sizeClass)
        : DeviceMemory(device, SizeClasses.Bytes(sizeClass))
    {
        private bool discarded;

        public MemoryBuffer1D<byte, Stride1D.Dense> Buffer => buffer;

        /// <summary>Gives the memory back to the driver; the block is not used again.</summary>
        public void Discard()
        {
            discarded = true;
            buffer.Dispose();
        }

        protected override void Recycle()
        {
            lock (pool.gate)
            {
                if (!pool.disposed) pool.free[sizeClass].Push(this);
            }
        }

        ~GpuMemory()
        {
            if (!discarded) pool.abandoned.Enqueue((buffer, sizeClass));
        }
    }
}
