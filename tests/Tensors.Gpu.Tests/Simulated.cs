using Graft.Testing;

[assembly: TestFramework(typeof(ConformanceFramework))]

namespace Graft.Tensors.Gpu.Tests;

/// <summary>The device that the contract is tested on: ILGPU's simulation of a card, one for all families.</summary>
public sealed class Simulated : ITestedDevice
{
    private static readonly Lazy<GpuDevice> Shared = new(GpuDevice.OnCpuAccelerator);

    public static Sizes Sizes => Sizes.Tiny;

    internal static GpuDevice Device => Shared.Value;

    public static Device Create() => Device;
}
