using ILGPU;

namespace Graft.Tensors.Gpu;

// Letters: B sequences, H heads, T places of the source, S places of the destination, D numbers a head.
public sealed partial class GpuDevice
{
    public override void IndexCopy(Tensor<float> source, Tensor<int> positions, Tensor<float> destination)
    {
        var shape = source.Shape;
        var kernel = new IndexCopyKernel(
            ViewOf(source), new(source), ViewOf(positions), ViewToWrite(destination), new(destination), shape[1], shape[2],
            destination.Shape[2], shape[3]);
        LaunchElements(kernel, CountOf(source), source, positions, destination);
    }
}

/// <summary>destination[b, h, positions[b] + t, d] = source[b, h, t, d], where that place is there.</summary>
internal readonly struct IndexCopyKernel(
    ArrayView<float> source, HeadRows sourceRows, ArrayView<int> positions, ArrayView<float> destination, HeadRows destinationRows,
    int heads, int places, int length, int depth) : IElementKernel
{
    public void Run(int index)
    {
        int row = index / depth, column = index - row * depth;
        int headOfAll = row / places, place = row - headOfAll * places;
        int batch = headOfAll / heads, head = headOfAll - batch * heads;
        int position = positions[batch];
        // so compared, no sum can overflow
        if (position < -place || position >= length - place) return;
        destination[destinationRows.Offset(batch, head, position + place) + column] = source[sourceRows.Offset(batch, head, place) + column];
    }
}
