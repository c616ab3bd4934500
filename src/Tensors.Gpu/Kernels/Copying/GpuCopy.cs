using System.Runtime.CompilerServices;
using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Copy<T>(Tensor<T> source, Tensor<T> destination)
    {
        // bits are moved, so that a kernel an element size is enough
        switch (Unsafe.SizeOf<T>())
        {
            case sizeof(byte): Copy<T, byte>(source, destination); break;
            case sizeof(short): Copy<T, short>(source, destination); break;
            case sizeof(int): Copy<T, int>(source, destination); break;
            case sizeof(long): Copy<T, long>(source, destination); break;
            default: throw new NotSupportedException($"copy on {Name} moves elements of 1, 2, 4 and 8 bytes, not {typeof(T).Name}");
        }
    }

    private void Copy<T, TBits>(Tensor<T> source, Tensor<T> destination) where T : unmanaged where TBits : unmanaged
    {
        Span<StridedIndex> indices = stackalloc StridedIndex[2];
        StridedIndex.Of(destination.Shape, [destination.Strides, source.Strides], indices);
        var kernel = new CopyKernel<TBits>(ViewOf(source).Cast<TBits>(), indices[1], ViewToWrite(destination).Cast<TBits>(), indices[0]);
        LaunchElements(kernel, CountOf(destination), source, destination);
    }

    public override void Fill(Tensor<float> destination, float value) => LaunchElements(
        new FillKernel(value, ViewToWrite(destination), StridedIndex.Of(destination.Shape, destination.Strides)), CountOf(destination), destination);
}

/// <summary>destination = source, bit by bit, in the order of the destination's memory.</summary>
internal readonly struct CopyKernel<TBits>(ArrayView<TBits> source, StridedIndex sourceIndex, ArrayView<TBits> destination, StridedIndex destinationIndex)
    : IElementKernel
    where TBits : unmanaged
{
    public void Run(int index) => destination[destinationIndex.Offset(index)] = source[sourceIndex.Offset(index)];
}

/// <summary>Every element = value.</summary>
internal readonly struct FillKernel(float value, ArrayView<float> destination, StridedIndex indices) : IElementKernel
{
    public void Run(int index) => destination[indices.Offset(index)] = value;
}
