using Graft.Testing;

[assembly: TestFramework(typeof(ConformanceFramework))]

namespace Graft.Tensors.Tests;

// The CPU in the configurations that the contract is tested on.

public sealed class ScalarOneThread : ITestedDevice
{
    public static Device Create() => Cpu.Scalar(1);
}

public sealed class ScalarTwoThreads : ITestedDevice
{
    public static Device Create() => Cpu.Scalar(2);
}

public sealed class VectorOneThread : ITestedDevice
{
    public static Device Create() => Cpu.Vector(1);
}

public sealed class VectorTwoThreads : ITestedDevice
{
    public static Device Create() => Cpu.Vector(2);
}

public sealed class Vector512OneThread : ITestedDevice
{
    public static Device Create() => Cpu.Vector512(1);
}

public sealed class Vector512TwoThreads : ITestedDevice
{
    public static Device Create() => Cpu.Vector512(2);
}

internal static class Cpu
{
    public static Device Scalar(int threads) => new CpuDevice(threads, LaneKind.Scalar);

    public static Device Vector(int threads)
    {
        Assert.SkipUnless(System.Numerics.Vector.IsHardwareAccelerated, "this machine has no vectors");
        return new CpuDevice(threads, LaneKind.Vector);
    }

    public static Device Vector512(int threads)
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated, "this machine has no 512-bit vectors");
        return new CpuDevice(threads, LaneKind.Vector512);
    }
}
