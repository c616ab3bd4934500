using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Map<TOp>(TOp op, Tensor<float> x, Tensor<float> y)
    {
        Span<Places> places = stackalloc Places[2];
        Iteration.Of(y.Shape, [y.Strides, x.Strides], places);
        LaunchElements(new MapKernel<TOp>(op, ViewOf(x), places[1], ViewToWrite(y)), CountOf(y), x, y);
    }

    public override void MapBackward<TOp>(TOp op, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx)
    {
        Span<Places> places = stackalloc Places[4];
        Iteration.Of(dx.Shape, [dx.Strides, dy.Strides, (x ?? dx).Strides, (y ?? dx).Strides], places);
        var kernel = new MapBackwardKernel<TOp>(
            op, ViewOf(dy), places[1], ViewOf(x, dx), places[2], ViewOf(y, dx), places[3], ViewOf(dx));
        LaunchElements(kernel, CountOf(dx), dy, x, y, dx);
    }
}

/// <summary>y = op(x); y's elements in the order of its memory.</summary>
internal readonly struct MapKernel<TOp>(TOp op, ArrayView<float> x, Places xPlaces, ArrayView<float> y) : IElementKernel
    where TOp : unmanaged, IUnaryOp
{
    public void Run(int index) => y[index] = op.Forward(new GpuLane(x[xPlaces.Of(index)])).Value;
}

/// <summary>dx = dy * op'(x, y); dx's elements in the order of its memory.</summary>
internal readonly struct MapBackwardKernel<TOp>(
    TOp op, ArrayView<float> dy, Places dyPlaces, ArrayView<float> x, Places xPlaces, ArrayView<float> y, Places yPlaces,
    ArrayView<float> dx) : IElementKernel
    where TOp : unmanaged, IUnaryOp
{
    public void Run(int index)
    {
        var input = (TOp.Saves & Saves.Input) != 0 ? new GpuLane(x[xPlaces.Of(index)]) : new GpuLane(0f);
        var output = (TOp.Saves & Saves.Output) != 0 ? new GpuLane(y[yPlaces.Of(index)]) : new GpuLane(0f);
        dx[index] = dy[dyPlaces.Of(index)] * op.Derivative(input, output).Value;
    }
}
