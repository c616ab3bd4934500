using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Zip<TOp>(TOp op, Tensor<float> a, Tensor<float> b, Tensor<float> y)
    {
        Span<Places> places = stackalloc Places[3];
        Iteration.Of(y.Shape, [y.Strides, Iteration.Broadcast(a, y.Shape), Iteration.Broadcast(b, y.Shape)], places);
        LaunchElements(new ZipKernel<TOp>(op, ViewOf(a), places[1], ViewOf(b), places[2], ViewToWrite(y)), CountOf(y), a, b, y);
    }

    public override void ZipBackward<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db)
    {
        if (da is null && db is null) return;
        var shape = dy.Shape;
        Span<Places> places = stackalloc Places[6];
        Iteration.Of(
            shape,
            [
                (da ?? db!).Strides, dy.Strides, Iteration.Broadcast(a ?? dy, shape), Iteration.Broadcast(b ?? dy, shape),
                (y ?? dy).Strides, (db ?? da!).Strides,
            ],
            places);
        var kernel = new ZipBackwardKernel<TOp>(
            op, ViewOf(dy), places[1], ViewOf(a, dy), places[2], ViewOf(b, dy), places[3], ViewOf(y, dy), places[4],
            ViewOf(da, dy), da is null ? 0 : 1, ViewOf(db, dy), places[5], db is null ? 0 : 1);
        LaunchElements(kernel, CountOf(dy), dy, a, b, y, da, db);
    }
}

/// <summary>y = op(a, b); y's elements in the order of its memory, a and b broadcast to it.</summary>
internal readonly struct ZipKernel<TOp>(
    TOp op, ArrayView<float> a, Places aPlaces, ArrayView<float> b, Places bPlaces, ArrayView<float> y) : IElementKernel
    where TOp : unmanaged, IBinaryOp
{
    public void Run(int index) => y[index] = op.Forward(new GpuLane(a[aPlaces.Of(index)]), new GpuLane(b[bPlaces.Of(index)])).Value;
}

/// <summary>The gradients of a and b at y's shape, those that are wanted; elements in the order of the first one's memory.</summary>
internal readonly struct ZipBackwardKernel<TOp>(
    TOp op, ArrayView<float> dy, Places dyPlaces, ArrayView<float> a, Places aPlaces, ArrayView<float> b, Places bPlaces,
    ArrayView<float> y, Places yPlaces, ArrayView<float> da, int wantsLeft, ArrayView<float> db, Places dbPlaces, int wantsRight)
    : IElementKernel
    where TOp : unmanaged, IBinaryOp
{
    public void Run(int index)
    {
        var gradient = new GpuLane(dy[dyPlaces.Of(index)]);
        var left = (TOp.Saves & Saves.Input) != 0 ? new GpuLane(a[aPlaces.Of(index)]) : new GpuLane(0f);
        var right = (TOp.Saves & Saves.Input) != 0 ? new GpuLane(b[bPlaces.Of(index)]) : new GpuLane(0f);
        var output = (TOp.Saves & Saves.Output) != 0 ? new GpuLane(y[yPlaces.Of(index)]) : new GpuLane(0f);
        if (wantsLeft != 0) da[index] = op.BackwardLeft(gradient, left, right, output).Value;
        if (wantsRight != 0) db[dbPlaces.Of(index)] = op.BackwardRight(gradient, left, right, output).Value;
    }
}
