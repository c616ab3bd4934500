using System.Runtime.CompilerServices;

namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    public override unsafe void Copy<T>(Tensor<T> source, Tensor<T> destination)
    {
        var kernel = new CopyKernel<T>(
            new StridedIteration(destination.Shape, destination.Strides, source.Strides), source.Pointer(), destination.Pointer());
        workers.Run(kernel, kernel.Count, stepsPerItem: 2);
        destination.Memory.Invalidate();
        KeepAlive(source, destination);
    }
}

/// <summary>Moves elements between any strides; runs that are contiguous on both sides go as blocks.</summary>
internal readonly unsafe struct CopyKernel<T>(StridedIteration iteration, T* source, T* destination) : IRangeKernel where T : unmanaged
{
    public nint Count => iteration.Count;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int sourceStep = iteration.InnerStep(1), destinationStep = iteration.InnerStep(0);
        for (nint at = begin; at < end;)
        {
            nint row = at / iteration.Inner;
            nint column = at - row * iteration.Inner;
            nint length = Math.Min(iteration.Inner - column, end - at);
            T* from = source + iteration.RowOffset(1, row) + column * sourceStep;
            T* to = destination + iteration.RowOffset(0, row) + column * destinationStep;
            if (destinationStep == 1 && sourceStep == 1) Unsafe.CopyBlockUnaligned(to, from, checked((uint)(length * sizeof(T))));
            else if (destinationStep == 1 && sourceStep == 0) new Span<T>(to, (int)length).Fill(*from);
            else
                for (nint i = 0; i < length; i++) to[i * destinationStep] = from[i * sourceStep];
            at += length;
        }
    }
}
