using BenchmarkDotNet.Attributes;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Benchmarks;

/// <summary>Kernels that sweep over memory once: elementwise functions, reductions and optimisers, in a cache and far beyond one.</summary>
public class SweepBenchmarks : KernelBenchmarks
{
    private Tensor<float> a = null!;
    private Tensor<float> b = null!;
    private Tensor<float> y = null!;
    private Tensor<float> first = null!;
    private Tensor<float> second = null!;
    private Tensor<float> weight = null!;
    private Tensor<float> total = null!;

    [Params(16 << 10, 16 << 20)]
    public int Elements { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        a = Uniform([Elements]);
        b = Uniform([Elements]);
        y = Uninitialised([Elements]);
        first = Uniform([Elements], 0f, 1e-3f);
        second = Uniform([Elements], 0f, 1e-3f);
        weight = Uniform([Elements]);
        total = Uninitialised([1]);
    }

    [Benchmark(Baseline = true)]
    public void Relu() => Device.Map(default(Relu), a, y);

    [Benchmark]
    public void Gelu() => Device.Map(default(Gelu), a, y);

    [Benchmark]
    public void GeluBackward() => Device.MapBackward(default(Gelu), b, a, null, y);

    [Benchmark]
    public void Add() => Device.Zip(default(Add), a, b, y);

    [Benchmark]
    public void Sum() => Device.Reduce<SumOf>(a, total);

    [Benchmark]
    public void Momentum() => Device.Update(new Sgd(1e-6f, 0.9f, weightDecay: 0f), weight, b, first, null);

    [Benchmark]
    public void AdamW() => Device.Update(new AdamW(1e-6f, 0.9f, 0.999f, 1e-8f, weightDecay: 0.01f, step: 100), weight, b, first, second);
}
