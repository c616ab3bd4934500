using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>Products [M, K] x [K, N]: square ones, those of BERT and of ResNet's 1x1 convolutions, and awkward ones.</summary>
public class GemmBenchmarks : KernelBenchmarks
{
    private Tensor<float> a = null!;
    private Tensor<float> b = null!;
    private Tensor<float> bTransposed = null!;
    private Tensor<float> bias = null!;
    private Tensor<float> c = null!;

    [ParamsSource(nameof(Products))]
    public Product Shape { get; set; } = null!;

    public static IEnumerable<Product> Products =>
    [
        new(256, 256, 256), new(1024, 1024, 1024),
        new(1024, 768, 3072), new(1024, 3072, 768), new(128, 768, 768),
        new(25088, 64, 256), new(392, 2048, 512), new(8, 2048, 1000),
        new(1, 768, 768), new(1000, 1, 1000), new(4096, 4096, 8),
    ];

    [GlobalSetup]
    public void Setup()
    {
        a = Uniform([Shape.M, Shape.K]);
        b = Uniform([Shape.K, Shape.N]);
        bTransposed = Uniform([Shape.N, Shape.K]).Permute(1, 0);
        bias = Uniform([Shape.N]);
        c = Uninitialised([Shape.M, Shape.N]);
    }

    [Benchmark(Baseline = true)]
    public void Plain() => Device.Gemm(default(NoEpilogue), a, b, null, null, c);

    /// <summary>As a linear layer keeps its weight: [N, K].</summary>
    [Benchmark]
    public void RightTransposed() => Device.Gemm(default(NoEpilogue), a, bTransposed, null, null, c);

    [Benchmark]
    public void BiasAndGelu() => Device.Gemm(default(BiasThen<Gelu>), a, b, bias, null, c);

    /// <summary>A product [M, K] x [K, N].</summary>
    public sealed record Product(int M, int K, int N)
    {
        public override string ToString() => $"{M}x{K}x{N}";
    }
}
