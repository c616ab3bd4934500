using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>Softmax over the last axis: the scores of attention, and the logits of a classifier.</summary>
public class SoftmaxBenchmarks : KernelBenchmarks
{
    private Tensor<float> x = null!;
    private Tensor<float> y = null!;
    private Tensor<float> dx = null!;

    [Params(12288, 64)]
    public int Rows { get; set; }

    [Params(128, 1000)]
    public int Columns { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        x = Uniform([Rows, Columns]);
        y = Uninitialised([Rows, Columns]);
        dx = Uninitialised([Rows, Columns]);
        Device.Softmax(x, y, log: false);
    }

    [Benchmark(Baseline = true)]
    public void Forward() => Device.Softmax(x, y, log: false);

    [Benchmark]
    public void Backward() => Device.SoftmaxBackward(x, y, dx, log: false);
}
