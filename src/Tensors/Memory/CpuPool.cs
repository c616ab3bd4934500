using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Graft.Tensors;

/// <summary>Native memory in size classes, 64-byte aligned, kept mapped between passes: the first touch of fresh memory is the
/// most expensive thing a training loop can do.</summary>
internal sealed class CpuPool(Device device)
{
    private readonly Lock gate = new();
    private readonly Stack<CpuMemory>[] free = CreateStacks();
    private long bytesTaken;

    /// <summary>How much memory has been taken from the system so far; a warmed-up training step adds nothing.</summary>
    public long BytesTaken => Interlocked.Read(ref bytesTaken);

    public DeviceMemory Rent(long bytes)
    {
        int sizeClass = SizeClasses.Of(bytes);
        CpuMemory? memory;
        lock (gate) free[sizeClass].TryPop(out memory);
        if (memory is null)
        {
            long size = SizeClasses.Bytes(sizeClass);
            memory = new CpuMemory(this, device, sizeClass, size);
            Interlocked.Add(ref bytesTaken, size);
        }
        memory.Retain();
        return memory;
    }

    private void Return(CpuMemory memory, int sizeClass)
    {
        lock (gate) free[sizeClass].Push(memory);
    }

    private static Stack<CpuMemory>[] CreateStacks()
    {
        var stacks = new Stack<CpuMemory>[SizeClasses.Count];
        for (int i = 0; i < stacks.Length; i++) stacks[i] = new Stack<CpuMemory>();
        return stacks;
    }

    /// <summary>A block of native memory; freed when the garbage collector finds nobody holding it.</summary>
    internal sealed unsafe class CpuMemory : DeviceMemory
    {
        private readonly CpuPool pool;
        private readonly int sizeClass;

        public CpuMemory(CpuPool pool, Device device, int sizeClass, long bytes) : base(device, bytes)
        {
            this.pool = pool;
            this.sizeClass = sizeClass;
            Pointer = LargePages.Allocate(bytes);
        }

        public void* Pointer { get; }

        protected override void Recycle() => pool.Return(this, sizeClass);

        ~CpuMemory()
        {
            Interlocked.Add(ref pool.bytesTaken, -Bytes);
            NativeMemory.AlignedFree(Pointer);
        }
    }
}

internal static unsafe class CpuTensor
{
    /// <summary>The address of a tensor's first element; the tensor has to stay reachable while it is used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T* Pointer<T>(this Tensor<T> tensor) where T : unmanaged =>
        tensor.Memory is CpuPool.CpuMemory memory
            ? (T*)memory.Pointer + tensor.Offset
            : throw new InvalidOperationException($"a tensor {tensor.Shape} is on {tensor.Device.Name}, not on the CPU");

    /// <summary>The address of a block of the CPU's; it has to stay held while it is used.</summary>
    public static float* Pointer(this DeviceMemory memory) => (float*)((CpuPool.CpuMemory)memory).Pointer;

    /// <summary>As <see cref="Pointer{T}"/>, null for no tensor.</summary>
    public static T* PointerOrNull<T>(this Tensor<T>? tensor) where T : unmanaged => tensor is null ? null : tensor.Pointer();

    /// <summary>A contiguous CPU tensor's elements.</summary>
    public static Span<T> Span<T>(this Tensor<T> tensor) where T : unmanaged =>
        new(tensor.Pointer(), checked((int)tensor.ElementCount));
}
