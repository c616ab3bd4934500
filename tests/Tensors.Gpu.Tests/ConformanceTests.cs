using Graft.Testing;

namespace Graft.Tensors.Gpu.Tests;

/// <summary>The device that the contract is tested on: ILGPU's simulation of a card, one for all families.</summary>
internal static class Simulated
{
    private static readonly Lazy<GpuDevice> Shared = new(GpuDevice.OnCpuAccelerator);

    public static GpuDevice Device => Shared.Value;
}

public sealed class MapOnGpu : MapTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class ZipOnGpu : ZipTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class SpecialValueOnGpu : SpecialValueTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class ReduceOnGpu : ReduceTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class GemmOnGpu : GemmTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class Conv2dOnGpu : Conv2dTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class PoolingOnGpu : PoolingTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class BatchNormOnGpu : BatchNormTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class SoftmaxOnGpu : SoftmaxTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class CrossEntropyOnGpu : CrossEntropyTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class GatherOnGpu : GatherTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class CopyOnGpu : CopyTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class UpdateOnGpu : UpdateTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class LayerNormOnGpu : LayerNormTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class DropoutOnGpu : DropoutTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}

public sealed class AttentionOnGpu : AttentionTests
{
    protected override Device CreateDevice() => Simulated.Device;

    protected override Sizes Sizes => Sizes.Tiny;
}
