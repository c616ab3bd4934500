using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>What every suite has: a device with a thread a core, and tensors of fixed numbers on it.</summary>
public abstract class KernelBenchmarks
{
    // one for all suites, so that what one of them gave back serves the next
    private static readonly CpuDevice Shared = new();

    private readonly List<Tensor<float>> tensors = [];

    private protected static Device Device => Shared;

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (var tensor in tensors) tensor.Dispose();
        tensors.Clear();
    }

    private protected Tensor<float> Uniform(Shape shape, float low = -1f, float high = 1f, MemoryFormat format = MemoryFormat.Contiguous)
    {
        var numbers = new float[shape.ElementCount];
        new RandomStream(1, shape.ToString()).FillUniform(numbers, low, high);
        var tensor = Uninitialised(shape, format);
        tensor.CopyFrom(numbers);
        return tensor;
    }

    private protected Tensor<float> Uninitialised(Shape shape, MemoryFormat format = MemoryFormat.Contiguous)
    {
        var tensor = Device.Rent<float>(shape, format);
        tensors.Add(tensor);
        return tensor;
    }
}
