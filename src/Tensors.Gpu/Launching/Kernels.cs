using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>A kernel with a thread for each of its elements; its operands and numbers are its fields.</summary>
internal interface IElementKernel
{
    /// <summary>The work on one element.</summary>
    void Run(int index);
}

/// <summary>A kernel with a group of threads, which share memory and wait for each other, for each piece of its work.</summary>
internal interface IGroupKernel
{
    /// <summary>The work of one group; all of its threads come here together.</summary>
    void Run(int group);
}

/// <summary>What is launched: one static method for all kernels of a kind, its kernel a type argument.</summary>
internal static class Entry
{
    public static void Elements<TKernel>(TKernel kernel, int count) where TKernel : struct, IElementKernel
    {
        // unsigned: the last group of nearly 2^31 elements reaches beyond the largest integer
        uint index = unchecked((uint)Grid.GlobalIndex.X);
        if (index < unchecked((uint)count)) kernel.Run(unchecked((int)index));
    }

    public static void Groups<TKernel>(TKernel kernel) where TKernel : struct, IGroupKernel => kernel.Run(Grid.IdxX);
}
