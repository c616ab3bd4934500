using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Graft.Tensors.Gpu;

/// <summary>A graphics card through ILGPU: pooled memory, and kernels that are compiled at their first use.</summary>
/// <remarks>All work goes through one stream in order; a download waits for it. Sums run in an order that depends on shapes
/// alone, so the same numbers give the same bits. Several passes may use one device from several threads.</remarks>
public sealed partial class GpuDevice : Device, IDisposable
{
    /// <summary>Room for a batch of 64 photographs and more.</summary>
    internal const int StagingBytes = 64 << 20;

    private readonly Context context;
    private readonly Accelerator accelerator;
    private readonly Lock compiling = new();
    private readonly GpuPool pool;
    private readonly PinnedStaging staging;
    private readonly WholeMemory wholeMemory;
    private readonly ConcurrentDictionary<Type, Delegate> kernels = new();
    private readonly bool simulated;
    private readonly int groupSize;
    private readonly bool hasTensorCores;
    private EmittedAccess access;
    private long launches;

    private GpuDevice(Context context, Accelerator accelerator)
    {
        this.context = context;
        this.accelerator = accelerator;
        access = new EmittedAccess(context);
        pool = new GpuPool(this, accelerator);
        staging = new PinnedStaging(accelerator, StagingBytes);
        wholeMemory = new WholeMemory(accelerator);
        simulated = accelerator.AcceleratorType == AcceleratorType.CPU;
        hasTensorCores = accelerator is CudaAccelerator card ? card.Architecture >= CudaArchitecture.SM_80 : accelerator.WarpSize == MatrixUnit.Lanes;
        groupSize = simulated ? SimulatedGroupSize : GroupSize;
    }

    /// <inheritdoc/>
    public override string Name => simulated ? "gpu (simulated)" : $"gpu ({accelerator.Name})";

    /// <summary>Bytes of memory that the pool has from the driver, in use or not.</summary>
    /// <remarks>What PyTorch calls reserved. A warmed-up training step adds nothing.</remarks>
    public long BytesTaken => pool.BytesTaken;

    internal PinnedStaging Staging => staging;

    /// <summary>How many kernels have been queued so far.</summary>
    internal long Launches => Interlocked.Read(ref launches);

    /// <summary>How exactly products and convolutions are computed; as exactly as on the CPU unless something else is asked for.</summary>
    /// <remarks>It may be set between passes. PyTorch asks for convolutions apart (<c>torch.backends.cudnn.allow_tf32</c>); here they are products like others.</remarks>
    /// <exception cref="NotSupportedException">The card has no tensor cores for it: they came with compute capability 8.0 (Ampere).</exception>
    public MatrixPrecision MatrixPrecision
    {
        get;
        set
        {
            if (!Enum.IsDefined(value)) throw new ArgumentOutOfRangeException(nameof(value), value, "there is no such precision");
            if (value != MatrixPrecision.Highest && !hasTensorCores)
                throw new NotSupportedException($"{Name} has no tensor cores for {value} precision, which came with compute capability 8.0: leave it at {MatrixPrecision.Highest}");
            field = value;
        }
    }

    /// <summary>Opens a CUDA card.</summary>
    /// <param name="index">Which of the machine's cards, in the order of the driver.</param>
    /// <exception cref="DeviceUnavailableException">The machine has no CUDA card of that number, or no driver for it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative index.</exception>
    public static GpuDevice Create(int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var context = CreateContext(builder => builder.Cuda());
        try
        {
            var cards = context.GetCudaDevices();
            if (cards.Count == 0)
                throw new DeviceUnavailableException("no CUDA card answers on this machine: install its driver (nvidia-smi shows whether it works), or use the CPU");
            if (index >= cards.Count)
                throw new DeviceUnavailableException($"there is no card {index}: this machine's {cards.Count} are numbered from 0");
            return new GpuDevice(context, context.CreateCudaAccelerator(index));
        }
        catch (Exception exception)
        {
            context.Dispose();
            if (exception is AcceleratorException)
                throw new DeviceUnavailableException($"the driver refused CUDA card {index}: {exception.Message}", exception);
            throw;
        }
    }

    /// <summary>Gives the card and its memory back; no tensor of the device may be used afterwards.</summary>
    public void Dispose()
    {
        pool.Dispose();
        staging.Dispose();
        wholeMemory.Dispose();
        accelerator.Dispose();
        context.Dispose();
    }

    /// <summary>The same kernels on ILGPU's own simulation of a card: for tests at tiny sizes.</summary>
    internal static GpuDevice OnCpuAccelerator() => Simulate(CPUDevice.Default);

    /// <summary>A simulation whose warps are as long as a card's, so that tensor cores are simulated too: slower by far.</summary>
    internal static GpuDevice WithTensorCores() => Simulate(new CPUDevice(MatrixUnit.Lanes, 8, 1));

    private static GpuDevice Simulate(CPUDevice machine)
    {
        var context = CreateContext(builder => builder.CPU(machine));
        return new GpuDevice(context, context.CreateCPUAccelerator(0));
    }

    /// <summary>A context as all of the house's GPU code is compiled in: everything inlined, our own intrinsics known.</summary>
    internal static Context CreateContext(Action<Context.Builder> devices) => Context.Create(builder =>
    {
        builder.Optimize(OptimizationLevel.O2).Inlining(InliningMode.Aggressive);
        GpuMath.Register(builder);
        MatrixUnit.Register(builder);
        devices(builder);
    });

    /// <inheritdoc/>
    public override DeviceMemory Rent(long bytes) => pool.Rent(bytes);

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, Tensor<T> destination)
    {
        if (source.IsEmpty) return;
        staging.Upload(source, ViewToWrite(destination).SubView(0, source.Length));
        GC.KeepAlive(destination);
    }

    /// <inheritdoc/>
    public override void Download<T>(Tensor<T> source, Span<T> destination)
    {
        if (destination.IsEmpty) return;
        long uploads = staging.Uploads;
        ViewOf(source).SubView(0, destination.Length).CopyToCPU(accelerator.DefaultStream, destination);
        staging.Free(uploads);
        GC.KeepAlive(source);
    }
}
