using Graft.Benchmarks;
using Graft.Tensors;

namespace Graft.Peers;

/// <summary>As many operations as a product has, as chains of multiply-adds that hardly touch memory.</summary>
internal sealed class RoofSide : ISide
{
    private const int ElementsPerThread = 32 * 1024;

    private readonly CpuDevice device;
    private readonly Tensor<float> numbers;
    private readonly MultiplyChains chains;

    public RoofSide(double operations, int threads)
    {
        device = new CpuDevice(threads);
        numbers = device.Rent<float>([threads * ElementsPerThread]);
        device.Fill(numbers, 0.001f);
        chains = new MultiplyChains(Math.Max(1, (int)Math.Round(operations / (2.0 * MultiplyChains.Chains * numbers.ElementCount))));
    }

    public long ParameterCount => 0;

    public float Run()
    {
        device.Map(chains, numbers, numbers);
        return numbers.Span()[0];
    }

    public void Dispose() => device.Dispose();
}
