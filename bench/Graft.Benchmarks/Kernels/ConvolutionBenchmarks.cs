using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>The convolutions of ResNet at batch 8 and 224x224 images: forward and both halves of backward.</summary>
public class ConvolutionBenchmarks : KernelBenchmarks
{
    private const int Batch = 8;

    private Conv2dGeometry geometry;
    private Tensor<float> x = null!;
    private Tensor<float> y = null!;
    private Tensor<float> dy = null!;
    private Tensor<float> dx = null!;
    private Tensor<float> weight = null!;
    private Tensor<float> dweight = null!;

    [ParamsSource(nameof(Layers))]
    public Layer Shape { get; set; } = null!;

    public static IEnumerable<Layer> Layers =>
    [
        new(224, 3, 64, Kernel: 7, Stride: 2),
        new(56, 64, 64, Kernel: 3), new(28, 128, 128, Kernel: 3), new(14, 256, 256, Kernel: 3), new(7, 512, 512, Kernel: 3),
        new(56, 128, 128, Kernel: 3, Stride: 2),
        new(56, 64, 256, Kernel: 1), new(14, 1024, 256, Kernel: 1), new(56, 256, 512, Kernel: 1, Stride: 2),
        new(56, 128, 128, Kernel: 3, Groups: 32), new(56, 128, 128, Kernel: 3, Groups: 128),
    ];

    [GlobalSetup]
    public void Setup()
    {
        geometry = Conv2dGeometry.Square(Shape.Stride, Shape.Kernel / 2, groups: Shape.Groups);
        int size = geometry.OutputHeight(Shape.Size, Shape.Kernel);
        x = Uniform([Batch, Shape.Inputs, Shape.Size, Shape.Size], format: MemoryFormat.ChannelsLast);
        dy = Uniform([Batch, Shape.Outputs, size, size], format: MemoryFormat.ChannelsLast);
        weight = Uniform([Shape.Outputs, Shape.Inputs / Shape.Groups, Shape.Kernel, Shape.Kernel]);
        y = Uninitialised(dy.Shape, MemoryFormat.ChannelsLast);
        dx = Uninitialised(x.Shape, MemoryFormat.ChannelsLast);
        dweight = Uninitialised(weight.Shape);
    }

    [Benchmark(Baseline = true)]
    public void Forward() => Device.Conv2d(default(NoEpilogue), geometry, x, weight, null, null, y);

    [Benchmark]
    public void BackwardInput() => Device.Conv2dBackwardInput(geometry, dy, weight, dx);

    [Benchmark]
    public void BackwardWeight() => Device.Conv2dBackwardWeight(geometry, x, dy, dweight);

    /// <summary>A convolution of a square image, padded so that stride 1 keeps its size.</summary>
    public sealed record Layer(int Size, int Inputs, int Outputs, int Kernel, int Stride = 1, int Groups = 1)
    {
        public override string ToString() =>
            $"{Inputs}->{Outputs} {Kernel}x{Kernel}{(Stride > 1 ? $"/{Stride}" : "")} at {Size}{(Groups > 1 ? $" in {Groups}" : "")}";
    }
}
