using Graft.Tensors;

namespace Graft.Peers;

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

/// <summary>Layer norm of the last axis with our kernel: [R, C].</summary>
internal sealed class LayerNormSide : ISide
{
    private readonly CpuDevice device;
    private readonly Tensor<float> x;
    private readonly Tensor<float> weight;
    private readonly Tensor<float> bias;
    private readonly Tensor<float> mean;
    private readonly Tensor<float> inverseDeviation;
    private readonly Tensor<float> y;

    public LayerNormSide(int rows, int columns, int threads)
    {
        device = new CpuDevice(threads);
        x = Inputs.Uniform(device, "x", [rows, columns]);
        weight = Inputs.Uniform(device, "weight", [columns]);
        bias = Inputs.Uniform(device, "bias", [columns]);
        mean = device.Rent<float>([rows]);
        inverseDeviation = device.Rent<float>([rows]);
        y = device.Rent<float>([rows, columns]);
    }

    public long ParameterCount => 0;

    public float Run()
    {
        device.LayerNorm(x, weight, bias, 1e-5f, mean, inverseDeviation, y);
        return y.Span()[0];
    }

    public void Dispose() => device.Dispose();
}
