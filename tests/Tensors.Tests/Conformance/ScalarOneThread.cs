using Graft.Testing;

namespace Graft.Tensors.Tests.ScalarOneThread;

public sealed class MapOnScalarOneThread : MapTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class ZipOnScalarOneThread : ZipTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class SpecialValueOnScalarOneThread : SpecialValueTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class ReduceOnScalarOneThread : ReduceTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class GemmOnScalarOneThread : GemmTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class Conv2dOnScalarOneThread : Conv2dTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class PoolingOnScalarOneThread : PoolingTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class BatchNormOnScalarOneThread : BatchNormTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class SoftmaxOnScalarOneThread : SoftmaxTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class CrossEntropyOnScalarOneThread : CrossEntropyTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class GatherOnScalarOneThread : GatherTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class CopyOnScalarOneThread : CopyTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class UpdateOnScalarOneThread : UpdateTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class LayerNormOnScalarOneThread : LayerNormTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class DropoutOnScalarOneThread : DropoutTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}

public sealed class AttentionOnScalarOneThread : AttentionTests
{
    protected override Device CreateDevice() => Cpu.Scalar(1);
}
