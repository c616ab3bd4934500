using ILGPU;
using ILGPU.Runtime;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    /// <summary>Threads a group on a card; the group kernels' shared memory is laid out for it.</summary>
    internal const int GroupSize = 256;

    /// <summary>Threads a group where ILGPU simulates them by threads of the operating system.</summary>
    internal const int SimulatedGroupSize = 16;

    /// <summary>Queues a kernel with a thread an element.</summary>
    /// <param name="kernel">The kernel with its operands.</param>
    /// <param name="count">How many elements.</param>
    /// <param name="operands">The tensors behind the kernel's views: they must not be collected before it is queued.</param>
    private void LaunchElements<TKernel>(TKernel kernel, int count, params ReadOnlySpan<object?> operands) where TKernel : struct, IElementKernel
    {
        if (count > 0)
        {
            var launch = (Action<KernelConfig, TKernel, int>)kernels.GetOrAdd(
                typeof(TKernel), static (type, device) => device.Compile(type, static accelerator => accelerator.LoadStreamKernel<TKernel, int>(Entry.Elements)),
                this);
            Interlocked.Increment(ref launches);
            launch(new KernelConfig((int)Ceiling.Divide((long)count, groupSize), groupSize), kernel, count);
        }
        KeepAlive(operands);
    }

    /// <summary>Queues a kernel with a group of threads a piece of work.</summary>
    private void LaunchGroups<TKernel>(TKernel kernel, int groups, params ReadOnlySpan<object?> operands) where TKernel : struct, IGroupKernel =>
        LaunchGroups(kernel, groups, groupSize, operands);

    private void LaunchGroups<TKernel>(TKernel kernel, int groups, int threads, ReadOnlySpan<object?> operands) where TKernel : struct, IGroupKernel
    {
        if (groups > 0)
        {
            var launch = (Action<KernelConfig, TKernel>)kernels.GetOrAdd(
                typeof(TKernel), static (type, device) => device.Compile(type, static accelerator => accelerator.LoadStreamKernel<TKernel>(Entry.Groups)),
                this);
            Interlocked.Increment(ref launches);
            launch(new KernelConfig(groups, threads), kernel);
        }
        KeepAlive(operands);
    }

    /// <summary>The tensor's memory from its first element to the end of its block.</summary>
    private ArrayView<T> ViewOf<T>(Tensor<T> tensor) where T : unmanaged
    {
        if (tensor.Memory is not GpuPool.GpuMemory memory || !ReferenceEquals(tensor.Device, this))
            throw new InvalidOperationException($"a tensor {tensor.Shape} is on {tensor.Device.Name}, not on {Name}");
        var elements = BlockOf<T>(memory);
        return elements.SubView(tensor.Offset, elements.Length - tensor.Offset);
    }

    /// <summary>A block of the device's own.</summary>
    private static ArrayView<T> BlockOf<T>(DeviceMemory memory) where T : unmanaged
    {
        ArrayView<byte> bytes = ((GpuPool.GpuMemory)memory).Buffer.View;
        return bytes.Cast<T>();
    }

    /// <summary>As <see cref="ViewOf{T}"/>, of what is about to be written: what was made of its numbers no longer holds.</summary>
    private ArrayView<T> ViewToWrite<T>(Tensor<T> tensor) where T : unmanaged
    {
        tensor.Memory.Invalidate();
        return ViewOf(tensor);
    }

    /// <summary>The tensor's memory, or for no tensor a view that the kernel will not read.</summary>
    private ArrayView<float> ViewOf(Tensor<float>? tensor, Tensor<float> insteadOfNone) => ViewOf(tensor ?? insteadOfNone);

    /// <summary>The number of a tensor's elements, as the kernels count them.</summary>
    private static int CountOf<T>(Tensor<T> tensor) where T : unmanaged => tensor.ElementCount <= int.MaxValue
        ? (int)tensor.ElementCount
        : throw new NotSupportedException($"a tensor {tensor.Shape} has more elements than the {int.MaxValue} that a kernel can count; split it");

    /// <summary>A kernel's launcher, made at its first use; that is also when an op that no card can run is found out.</summary>
    private Delegate Compile(Type kernel, Func<Accelerator, Delegate> load)
    {
        lock (compiling)
        {
            access.Open(kernel);
            try
            {
                return load(accelerator);
            }
            catch (InternalCompilerException exception)
            {
                // what ILGPU had half translated would spoil every kernel to come
                context.ClearCache(ClearCacheMode.Everything);
                access = new EmittedAccess(context);
                throw new NotSupportedException(
                    $"{kernel} does not compile for {Name}: a formula may use its lane's functions and nothing else " +
                    $"({(exception.InnerException ?? exception).Message})", exception);
            }
        }
    }

    private static void KeepAlive(ReadOnlySpan<object?> operands)
    {
        foreach (var operand in operands) GC.KeepAlive(operand);
    }
}
