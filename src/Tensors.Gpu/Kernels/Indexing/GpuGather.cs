using ILGPU;

namespace Graft.Tensors.Gpu;

// Letters: table [V, D], indices [R], y [R, D].
public sealed partial class GpuDevice
{
    public override void Gather(Tensor<float> table, Tensor<int> indices, Tensor<float> y) => LaunchElements(
        new GatherKernel(ViewOf(table), ViewOf(indices), ViewOf(y), table.Shape[1]), CountOf(y), table, indices, y);

    public override void GatherBackward(Tensor<float> dy, Tensor<int> indices, Tensor<float> dtable) => LaunchElements(
        new GatherBackwardKernel(ViewOf(dy), ViewOf(indices), ViewOf(dtable), CountOf(indices), dtable.Shape[1]),
        CountOf(dtable), dy, indices, dtable);
}

/// <summary>y[r] = table[indices[r]].</summary>
internal readonly struct GatherKernel(ArrayView<float> table, ArrayView<int> indices, ArrayView<float> y, int width) : IElementKernel
{
    public void Run(int index)
    {
        int row = index / width;
        y[index] = table[indices[row] * width + (index - row * width)];
    }
}

/// <summary>dtable[v] = the sum of dy[r] over all r with indices[r] = v: each entry looks for its rows, in order, so that no
/// two threads add to one number.</summary>
internal readonly struct GatherBackwardKernel(ArrayView<float> dy, ArrayView<int> indices, ArrayView<float> dtable, int rows, int width)
    : IElementKernel
{
    public void Run(int index)
    {
        int entry = index / width, column = index - entry * width;
        float sum = 0f;
        for (int row = 0; row < rows; row++)
            if (indices[row] == entry) sum += dy[row * width + column];
        dtable[index] = sum;
    }
}
