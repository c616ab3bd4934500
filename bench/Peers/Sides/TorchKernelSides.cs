using static TorchSharp.torch;

namespace Graft.Peers;

/// <summary>One call on TorchSharp's tensors, in inference mode.</summary>
internal abstract class TorchKernelSide : ISide
{
    protected TorchKernelSide(int threads)
    {
        TorchRuntime.Start(threads);
        random.manual_seed(1);
    }

    public long ParameterCount => 0;

    public float Run()
    {
        using var untracked = inference_mode();
        using var y = Compute();
        return y.ReadCpuSingle(0);
    }

    public abstract void Dispose();

    protected static Tensor Uniform(params long[] shape)
    {
        using var unit = rand(shape);
        using var doubled = unit.mul(2);
        return doubled.sub(1);
    }

    protected abstract Tensor Compute();
}

/// <summary>c = a b: a [M, K], b [K, N].</summary>
internal sealed class TorchGemmSide : TorchKernelSide
{
    private readonly Tensor a;
    private readonly Tensor b;

    // not as field initialisers: those run before the base class has loaded the library
    public TorchGemmSide(int rows, int depth, int columns, int threads) : base(threads) =>
        (a, b) = (Uniform(rows, depth), Uniform(depth, columns));

    public override void Dispose()
    {
        a.Dispose();
        b.Dispose();
    }

    protected override Tensor Compute() => a.mm(b);
}

/// <summary>Softmax of the last axis: [R, C].</summary>
internal sealed class TorchSoftmaxSide : TorchKernelSide
{
    private readonly Tensor x;

    public TorchSoftmaxSide(int rows, int columns, int threads) : base(threads) => x = Uniform(rows, columns);

    public override void Dispose() => x.Dispose();

    protected override Tensor Compute() => x.softmax(-1);
}

/// <summary>Layer norm of the last axis: [R, C].</summary>
internal sealed class TorchLayerNormSide : TorchKernelSide
{
    private readonly Tensor x;
    private readonly Tensor weight;
    private readonly Tensor bias;
    private readonly long[] normalised;

    public TorchLayerNormSide(int rows, int columns, int threads) : base(threads)
    {
        normalised = [columns];
        (x, weight, bias) = (Uniform(rows, columns), Uniform(columns), Uniform(columns));
    }

    public override void Dispose()
    {
        x.Dispose();
        weight.Dispose();
        bias.Dispose();
    }

    protected override Tensor Compute() => nn.functional.layer_norm(x, normalised, weight, bias, 1e-5);
}
