using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>Batch norm over activations of ResNet at batch 8, channels last.</summary>
public class BatchNormBenchmarks : KernelBenchmarks
{
    private const int Batch = 8;

    private Tensor<float> x = null!;
    private Tensor<float> y = null!;
    private Tensor<float> dy = null!;
    private Tensor<float> mean = null!;
    private Tensor<float> variance = null!;
    private Tensor<float> inverse = null!;
    private Tensor<float> weight = null!;
    private Tensor<float> bias = null!;
    private Tensor<float> dweight = null!;
    private Tensor<float> dbias = null!;

    [ParamsSource(nameof(Activations))]
    public Activation Shape { get; set; } = null!;

    public static IEnumerable<Activation> Activations => [new(64, 112), new(256, 56), new(512, 28), new(2048, 7)];

    [GlobalSetup]
    public void Setup()
    {
        Shape images = [Batch, Shape.Channels, Shape.Size, Shape.Size], channels = [Shape.Channels];
        x = Uniform(images, format: MemoryFormat.ChannelsLast);
        dy = Uniform(images, format: MemoryFormat.ChannelsLast);
        y = Uninitialised(images, MemoryFormat.ChannelsLast);
        mean = Uniform(channels);
        variance = Uniform(channels, 0.5f, 2f);
        inverse = Uniform(channels, 0.5f, 2f);
        weight = Uniform(channels);
        bias = Uniform(channels);
        dweight = Uninitialised(channels);
        dbias = Uninitialised(channels);
    }

    [Benchmark]
    public void Statistics() => Device.ChannelStatistics(x, mean, variance);

    [Benchmark(Baseline = true)]
    public void Normalise() => Device.BatchNorm(default(ScaleBiasThen<Relu>), x, mean, inverse, weight, bias, null, y);

    [Benchmark]
    public void BackwardParameters() => Device.BatchNormBackwardParameters(default(Relu), dy, x, x, mean, inverse, dweight, dbias);

    [Benchmark]
    public void BackwardInput() => Device.BatchNormBackwardInput(default(Relu), dy, x, x, mean, inverse, weight, dweight, dbias, y, null);

    /// <summary>Channels of square images.</summary>
    public sealed record Activation(int Channels, int Size)
    {
        public override string ToString() => $"{Channels} at {Size}";
    }
}
