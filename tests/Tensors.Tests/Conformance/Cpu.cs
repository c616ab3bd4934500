namespace Graft.Tensors.Tests;

/// <summary>The CPU in the configurations that the contract is tested on.</summary>
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
