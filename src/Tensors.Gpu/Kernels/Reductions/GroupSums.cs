using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>One number a thread becomes one a group.</summary>
internal static class GroupSums
{
    /// <summary>The group's numbers combined by a tree whose shape depends on the group's size alone; every thread gets the
    /// result. The group's size is a power of two.</summary>
    public static GpuLane All<TReduction>(GpuLane own) where TReduction : struct, IReduction
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        shared[Group.IdxX] = own.Value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
                shared[Group.IdxX] = TReduction.Combine(new GpuLane(shared[Group.IdxX]), new GpuLane(shared[Group.IdxX + half])).Value;
            Group.Barrier();
        }
        var result = new GpuLane(shared[0]);
        // the memory may serve again only when all have read
        Group.Barrier();
        return result;
    }
}
