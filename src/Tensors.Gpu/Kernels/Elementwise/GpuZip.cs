using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Zip<TOp>(TOp op, Tensor<float> a, Tensor<float> b, Tensor<float> y)
    {
        Span<StridedIndex> indices = stackalloc StridedIndex[3];
        StridedIndex.Of(y.Shape, [y.Strides, a.StridesOver(y.Shape), b.StridesOver(y.Shape)], indices);
        LaunchElements(new ZipKernel<TOp>(op, ViewOf(a), indices[1], ViewOf(b), indices[2], ViewToWrite(y)), CountOf(y), a, b, y);
    }

    public override void ZipBackward<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db)
    {
        if (da is null && db is null) return;
        var shape = dy.Shape;
        Span<StridedIndex> indices = stackalloc StridedIndex[6];
        StridedIndex.Of(
            shape,
            [
                (da ?? db!).Strides, dy.Strides, (a ?? dy).StridesOver(shape), (b ?? dy).StridesOver(shape),
                (y ?? dy).Strides, (db ?? da!).Strides,
            ],
            indices);
        var kernel = new ZipBackwardKernel<TOp>(
            op, ViewOf(dy), indices[1], ViewOf(a, dy), indices[2], ViewOf(b, dy), indices[3], ViewOf(y, dy), indices[4],
            ViewOf(da, dy), da is null ? 0 : 1, ViewOf(db, dy), indices[5], db is null ? 0 : 1);
        LaunchElements(kernel, CountOf(dy), dy, a, b, y, da, db);
    }
}

/// <summary>y = op(a, b); y's elements in the order of its memory, a and b broadcast to it.</summary>
internal readonly struct ZipKernel<TOp>(
    TOp op, ArrayView<float> a, StridedIndex aIndex, ArrayView<float> b, StridedIndex bIndex, ArrayView<float> y) : IElementKernel
    where TOp : unmanaged, IBinaryOp
{
    public void Run(int index) => y[index] = op.Forward(new GpuLane(a[aIndex.Offset(index)]), new GpuLane(b[bIndex.Offset(index)])).Value;
}

/// <summary>The gradients of a and b at y's shape, those that are wanted; elements in the order of the first one's memory.</summary>
internal readonly struct ZipBackwardKernel<TOp>(
    TOp op, ArrayView<float> dy, StridedIndex dyIndex, ArrayView<float> a, StridedIndex aIndex, ArrayView<float> b, StridedIndex bIndex,
    ArrayView<float> y, StridedIndex yIndex, ArrayView<float> da, int wantsLeft, ArrayView<float> db, StridedIndex dbIndex, int wantsRight)
    : IElementKernel
    where TOp : unmanaged, IBinaryOp
{
    public void Run(int index)
    {
        var gradient = new GpuLane(dy[dyIndex.Offset(index)]);
        var left = (TOp.Saves & Saves.Input) != 0 ? new GpuLane(a[aIndex.Offset(index)]) : new GpuLane(0f);
        var right = (TOp.Saves & Saves.Input) != 0 ? new GpuLane(b[bIndex.Offset(index)]) : new GpuLane(0f);
        var output = (TOp.Saves & Saves.Output) != 0 ? new GpuLane(y[yIndex.Offset(index)]) : new GpuLane(0f);
        if (wantsLeft != 0) da[index] = op.BackwardLeft(gradient, left, right, output).Value;
        if (wantsRight != 0) db[dbIndex.Offset(index)] = op.BackwardRight(gradient, left, right, output).Value;
    }
}
