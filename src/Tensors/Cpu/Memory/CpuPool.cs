using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Graft.Tensors;

/// <summary>Native memory in size classes, 64-byte aligned, kept mapped between passes: the first touch of fresh memory is the
/// most expensive thing a training loop can do. Blocks that nobody has asked for in a while go back to the system.</summary>
internal sealed class CpuPool : IDisposable
{
    /// <summary>How often blocks are looked for that lay idle since the last time: longer than the steps of most trainings.</summary>
    internal static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(10);

    private readonly Device device;
    private readonly Lock gate = new();
    private readonly Shelf[] shelves = CreateShelves();
    private readonly Timer trimming;
    private bool isTrimming;
    private bool isDisposed;
    private long bytesTaken;

    public CpuPool(Device device)
    {
        this.device = device;
        // the timer must not keep a pool alive that nobody else does
        trimming = new Timer(
            static pool => (((WeakReference<CpuPool>)pool!).TryGetTarget(out var target) ? target : null)?.TrimIdle(), new WeakReference<CpuPool>(this),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How much memory the pool has from the system; a warmed-up training step adds nothing.</summary>
    public long BytesTaken => Interlocked.Read(ref bytesTaken);

    public DeviceMemory Rent(long bytes)
    {
        int sizeClass = SizeClasses.Of(bytes);
        CpuMemory? memory;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, device);
            memory = shelves[sizeClass].Take();
        }
        if (memory is null)
        {
            memory = new CpuMemory(this, device, sizeClass, SizeClasses.Bytes(sizeClass));
            Interlocked.Add(ref bytesTaken, memory.Bytes);
        }
        memory.Retain();
        return memory;
    }

    /// <summary>Gives back to the system whatever nobody holds.</summary>
    public void Trim()
    {
        lock (gate)
            foreach (var shelf in shelves) shelf.GiveBack(shelf.Count);
        LargePages.Trim();
    }

    /// <summary>Gives back what nobody holds, and what is held as soon as it is not.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed) return;
            isDisposed = true;
        }
        trimming.Dispose();
        Trim();
    }

    /// <summary>Gives back to the system what lay idle since the last time, and comes back later as long as something is left.</summary>
    internal void TrimIdle()
    {
        lock (gate)
        {
            if (isDisposed) return;
            isTrimming = false;
            bool isLeft = false;
            foreach (var shelf in shelves)
            {
                shelf.GiveBack(shelf.Idle);
                isLeft |= shelf.Count > 0;
            }
            if (isLeft) TrimLater();
        }
        LargePages.Trim();
    }

    private void Return(CpuMemory memory, int sizeClass)
    {
        lock (gate)
        {
            if (!isDisposed)
            {
                shelves[sizeClass].Put(memory);
                if (!isTrimming) TrimLater();
                return;
            }
        }
        memory.Dispose();
    }

    private void TrimLater()
    {
        isTrimming = true;
        foreach (var shelf in shelves) shelf.Watch();
        trimming.Change(TrimInterval, Timeout.InfiniteTimeSpan);
    }

    private static Shelf[] CreateShelves()
    {
        var shelves = new Shelf[SizeClasses.Count];
        for (int i = 0; i < shelves.Length; i++) shelves[i] = new Shelf();
        return shelves;
    }

    /// <summary>The blocks of one size that nobody holds; the last that came goes first, as it may still be in a cache.</summary>
    private sealed class Shelf
    {
        private readonly Stack<CpuMemory> blocks = new();

        public int Count => blocks.Count;

        /// <summary>The fewest that lay here since <see cref="Watch"/>: so many were not needed.</summary>
        public int Idle { get; private set; }

        public CpuMemory? Take()
        {
            if (!blocks.TryPop(out var memory)) return null;
            Idle = Math.Min(Idle, blocks.Count);
            return memory;
        }

        public void Put(CpuMemory memory) => blocks.Push(memory);

        public void Watch() => Idle = blocks.Count;

        public void GiveBack(int count)
        {
            for (; count > 0; count--) blocks.Pop().Dispose();
            // what is given back in between no longer lies idle
            Idle = Math.Min(Idle, blocks.Count);
        }
    }

    /// <summary>A block of native memory; freed when the garbage collector finds nobody holding it.</summary>
    internal sealed unsafe class CpuMemory : DeviceMemory, IDisposable
    {
        private readonly CpuPool pool;
        private readonly int sizeClass;

        public CpuMemory(CpuPool pool, Device device, int sizeClass, long bytes) : base(device, bytes)
        {
            this.pool = pool;
            this.sizeClass = sizeClass;
            Pointer = LargePages.Allocate(bytes);
            // a tensor that nobody disposed of is small to the collector but for this
            GC.AddMemoryPressure(bytes);
        }

        public void* Pointer { get; }

        /// <summary>What kernels have made of the block's numbers and kept.</summary>
        public PackedWeights Packed { get; } = new();

        /// <summary>Gives the memory back to the system; the block is not used again.</summary>
        public void Dispose()
        {
            GC.SuppressFinalize(this);
            GiveBack();
        }

        protected override void Recycle() => pool.Return(this, sizeClass);

        protected override void DropPackedWeights() => Packed.Drop();

        private void GiveBack()
        {
            NativeMemory.AlignedFree(Pointer);
            GC.RemoveMemoryPressure(Bytes);
            Interlocked.Add(ref pool.bytesTaken, -Bytes);
        }

        ~CpuMemory() => GiveBack();
    }
}

/// <summary>A tensor's elements where they are, for code that runs on the CPU beside its kernels.</summary>
public static unsafe class CpuTensor
{
    /// <summary>The address of a tensor's first element; the tensor has to stay reachable while it is used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T* Pointer<T>(this Tensor<T> tensor) where T : unmanaged =>
        tensor.Memory is CpuPool.CpuMemory memory
            ? (T*)memory.Pointer + tensor.Offset
            : throw new InvalidOperationException($"a tensor {tensor.Shape} is on {tensor.Device.Name}, not on the CPU");

    /// <summary>The address of a block of the CPU's; it has to stay held while it is used.</summary>
    internal static float* Pointer(this DeviceMemory memory) => (float*)((CpuPool.CpuMemory)memory).Pointer;

    /// <summary>As <see cref="Pointer{T}"/>, null for no tensor.</summary>
    internal static T* PointerOrNull<T>(this Tensor<T>? tensor) where T : unmanaged => tensor is null ? null : tensor.Pointer();

    /// <summary>What kernels have made of a weight's block and kept.</summary>
    internal static PackedWeights PackedWeights<T>(this Tensor<T> weight) where T : unmanaged => ((CpuPool.CpuMemory)weight.Memory).Packed;

    /// <summary>The elements of a dense tensor of the CPU's, in the order of memory. They are the tensor's memory: it has to stay
    /// reachable while they are used, and who writes to them says so (<see cref="DeviceMemory.Invalidate"/>).</summary>
    /// <exception cref="InvalidOperationException">The tensor is not on the CPU.</exception>
    public static Span<T> Span<T>(this Tensor<T> tensor) where T : unmanaged =>
        new(tensor.Pointer(), checked((int)tensor.ElementCount));
}
