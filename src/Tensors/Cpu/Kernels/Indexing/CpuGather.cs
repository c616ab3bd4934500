namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    public override unsafe void Gather(Tensor<float> table, Tensor<int> indices, Tensor<float> y)
    {
        int width = table.Shape[^1];
        workers.Run(new GatherKernel(table.Pointer(), indices.Pointer(), y.Pointer(), width), (nint)indices.ElementCount, width);
        KeepAlive(table, indices, y);
    }

    public override unsafe void GatherBackward(Tensor<float> dy, Tensor<int> indices, Tensor<float> dtable)
    {
        Fill(dtable, 0f);
        int width = dtable.Shape[^1];
        var kernel = new GatherBackwardKernel(dy.Pointer(), indices.Pointer(), dtable.Pointer(), (nint)indices.ElementCount, width);
        workers.Run(kernel, width, indices.ElementCount);
        KeepAlive(dy, indices, dtable);
    }
}

internal readonly unsafe struct GatherKernel(float* table, int* indices, float* y, int width) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = begin; row < end; row++)
            new ReadOnlySpan<float>(table + (nint)indices[row] * width, width).CopyTo(new Span<float>(y + row * width, width));
    }
}

/// <summary>Workers share the columns, so that each sums its columns' rows in order and no two write to one element.</summary>
internal readonly unsafe struct GatherBackwardKernel(float* dy, int* indices, float* dtable, nint rows, int width) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = 0; row < rows; row++)
        {
            float* from = dy + row * width, to = dtable + (nint)indices[row] * width;
            nint i = begin;
            for (; i + S.Width <= end; i += S.Width) S.Store(S.Load(to + i) + S.Load(from + i), to + i);
            for (; i < end; i++) to[i] += from[i];
        }
    }
}
