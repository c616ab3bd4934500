using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Map<TOp>(TOp op, Tensor<float> x, Tensor<float> y)
    {
        Span<StridedIndex> indices = stackalloc StridedIndex[2];
        StridedIndex.Of(y.Shape, [y.Strides, x.Strides], indices);
        LaunchElements(new MapKernel<TOp>(op, ViewOf(x), indices[1], ViewToWrite(y)), CountOf(y), x, y);
    }

    public override void MapBackward<TOp>(TOp op, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx)
    {
        Span<StridedIndex> indices = stackalloc StridedIndex[4];
        StridedIndex.Of(dx.Shape, [dx.Strides, dy.Strides, (x ?? dx).Strides, (y ?? dx).Strides], indices);
        var kernel = new MapBackwardKernel<TOp>(
            op, ViewOf(dy), indices[1], ViewOf(x, dx), indices[2], ViewOf(y, dx), indices[3], ViewOf(dx));
        LaunchElements(kernel, CountOf(dx), dy, x, y, dx);
    }
}

/// <summary>y = op(x); y's elements in the order of its memory.</summary>
internal readonly struct MapKernel<TOp>(TOp op, ArrayView<float> x, StridedIndex xIndex, ArrayView<float> y) : IElementKernel
    where TOp : unmanaged, IUnaryOp
{
    public void Run(int index) => y[index] = op.Forward(new GpuLane(x[xIndex.Offset(index)])).Value;
}

/// <summary>dx = dy * op'(x, y); dx's elements in the order of its memory.</summary>
internal readonly struct MapBackwardKernel<TOp>(
    TOp op, ArrayView<float> dy, StridedIndex dyIndex, ArrayView<float> x, StridedIndex xIndex, ArrayView<float> y, StridedIndex yIndex,
    ArrayView<float> dx) : IElementKernel
    where TOp : unmanaged, IUnaryOp
{
    public void Run(int index)
    {
        var input = (TOp.Saves & Saves.Input) != 0 ? new GpuLane(x[xIndex.Offset(index)]) : new GpuLane(0f);
        var output = (TOp.Saves & Saves.Output) != 0 ? new GpuLane(y[yIndex.Offset(index)]) : new GpuLane(0f);
        dx[index] = dy[dyIndex.Offset(index)] * op.Derivative(input, output).Value;
    }
}
