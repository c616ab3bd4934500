using System.Runtime.CompilerServices;
using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    internal override void Copy<T>(Tensor<T> source, Tensor<T> destination)
    {
        if (Unsafe.SizeOf<T>() != sizeof(int))
            throw new NotSupportedException($"copy on {Name} moves elements of 4 bytes, not {typeof(T).Name}");
        Span<Places> places = stackalloc Places[2];
        Iteration.Of(destination.Shape, [destination.Strides, source.Strides], places);
        var kernel = new CopyKernel(ViewOf(source).Cast<int>(), places[1], ViewToWrite(destination).Cast<int>(), places[0]);
        LaunchElements(kernel, CountOf(destination), source, destination);
    }

    internal override void Fill(Tensor<float> destination, float value) => LaunchElements(
        new FillKernel(value, ViewToWrite(destination), Iteration.Of(destination.Shape, destination.Strides)), CountOf(destination), destination);
}

/// <summary>destination = source, bit by bit, in the order of the destination's memory.</summary>
internal readonly struct CopyKernel(ArrayView<int> source, Places sourcePlaces, ArrayView<int> destination, Places destinationPlaces)
    : IElementKernel
{
    public void Run(int index) => destination[destinationPlaces.Of(index)] = source[sourcePlaces.Of(index)];
}

/// <summary>Every element = value.</summary>
internal readonly struct FillKernel(float value, ArrayView<float> destination, Places places) : IElementKernel
{
    public void Run(int index) => destination[places.Of(index)] = value;
}
