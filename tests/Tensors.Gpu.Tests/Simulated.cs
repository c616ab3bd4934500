using Graft.Testing;

[assembly: TestFramework(typeof(ConformanceFramework))]

namespace Graft.Tensors.Gpu.Tests;

/// <summary>The device that the contract is tested on: ILGPU's simulation of a card, one for all families; the card itself, at full size, where <c>GRAFT_GPU</c> is
/// <c>card</c>.</summary>
public sealed class Simulated : ITestedDevice
{
    private static readonly bool IsCard = Environment.GetEnvironmentVariable("GRAFT_GPU") == "card";

    private static readonly Lazy<GpuDevice> Shared = new(static () => IsCard ? GpuDevice.Create() : GpuDevice.OnCpuAccelerator());

    public static Sizes Sizes => IsCard ? Sizes.Full : Sizes.Tiny;

    internal static GpuDevice Device => Shared.Value;

    public static Device Create() => Device;

    /// <summary>One of its own for tensor cores, whose warps are simulated as long as a card's.</summary>
    internal static GpuDevice WithTensorCores() => IsCard ? GpuDevice.Create() : GpuDevice.WithTensorCores();
}
