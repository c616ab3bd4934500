using Graft.Tensors;

namespace Graft.Peers;

/// <summary>c = a b with our kernel: a [M, K], b [K, N].</summary>
internal sealed class GemmSide : ISide
{
    private readonly CpuDevice device;
    private readonly Tensor<float> a;
    private readonly Tensor<float> b;
    private readonly Tensor<float> c;

    public GemmSide(int rows, int depth, int columns, int threads)
    {
        device = new CpuDevice(threads);
        a = Inputs.Uniform(device, "a", [rows, depth]);
        b = Inputs.Uniform(device, "b", [depth, columns]);
        c = device.Rent<float>([rows, columns]);
    }

    public long ParameterCount => 0;

    public float Run()
    {
        device.Gemm(default(NoEpilogue), a, b, bias: null, residual: null, c);
        return c.Span()[0];
    }

    public void Dispose() => device.Dispose();
}
