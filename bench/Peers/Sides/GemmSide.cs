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

/// <summary>Softmax of the last axis with our kernel: [R, C].</summary>
internal sealed class SoftmaxSide : ISide
{
    private readonly CpuDevice device;
    private readonly Tensor<float> x;
    private readonly Tensor<float> y;

    public SoftmaxSide(int rows, int columns, int threads)
    {
        device = new CpuDevice(threads);
        x = Inputs.Uniform(device, "x", [rows, columns]);
        y = device.Rent<float>([rows, columns]);
    }

    public long ParameterCount => 0;

    public float Run()
    {
        device.Softmax(x, y, log: false);
        return y.Span()[0];
    }

    public void Dispose() => device.Dispose();
}

/// <summary>Numbers to compute with: the same in every run.</summary>
internal static class Inputs
{
    public static Tensor<float> Uniform(Device device, string name, Shape shape)
    {
        var numbers = new float[shape.ElementCount];
        new RandomStream(1, name).FillUniform(numbers, -1f, 1f);
        return Tensor.From<float>(shape, numbers, device);
    }

    /// <summary>Classes in turn, far apart: batches of all sizes have several.</summary>
    public static int[] Labels(int count) => [.. Enumerable.Range(0, count).Select(i => i * 37 % ResNetShape.Classes)];
}
