namespace Graft.Tensors;

// Letters: B sequences, H heads, T places of the source, S places of the destination, D numbers a head.
public sealed partial class CpuDevice
{
    public override unsafe void IndexCopy(Tensor<float> source, Tensor<int> positions, Tensor<float> destination)
    {
        var shape = source.Shape;
        var kernel = new IndexCopyKernel(
            new(source), positions.Pointer(), new(destination), shape[1], shape[2], destination.Shape[2], shape[3]);
        workers.Run(kernel, (nint)shape[0] * shape[1] * shape[2], shape[3]);
        destination.Memory.Invalidate();
        KeepAlive(source, positions, destination);
    }
}

/// <summary>destination[b, h, positions[b] + t] = source[b, h, t], where that place is there; an item is a row.</summary>
internal readonly unsafe struct IndexCopyKernel(
    HeadRows source, int* positions, HeadRows destination, int heads, int places, int length, int depth) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = begin; row < end; row++)
        {
            int headOfAll = (int)(row / places), place = (int)(row - (nint)headOfAll * places);
            int batch = headOfAll / heads, head = headOfAll - batch * heads;
            long to = (long)positions[batch] + place;
            if (to < 0 || to >= length) continue;
            new ReadOnlySpan<float>(source.Row(batch, head, place), depth).CopyTo(new Span<float>(destination.Row(batch, head, (int)to), depth));
        }
    }
}
