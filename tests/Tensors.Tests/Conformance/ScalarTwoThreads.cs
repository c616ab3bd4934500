using Graft.Testing;

namespace Graft.Tensors.Tests.ScalarTwoThreads;

public sealed class MapOnScalarTwoThreads : MapTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class ZipOnScalarTwoThreads : ZipTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class SpecialValueOnScalarTwoThreads : SpecialValueTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class ReduceOnScalarTwoThreads : ReduceTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class GemmOnScalarTwoThreads : GemmTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class Conv2dOnScalarTwoThreads : Conv2dTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class PoolingOnScalarTwoThreads : PoolingTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class BatchNormOnScalarTwoThreads : BatchNormTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class SoftmaxOnScalarTwoThreads : SoftmaxTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class CrossEntropyOnScalarTwoThreads : CrossEntropyTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class GatherOnScalarTwoThreads : GatherTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class CopyOnScalarTwoThreads : CopyTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class UpdateOnScalarTwoThreads : UpdateTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class LayerNormOnScalarTwoThreads : LayerNormTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class DropoutOnScalarTwoThreads : DropoutTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}

public sealed class AttentionOnScalarTwoThreads : AttentionTests
{
    protected override Device CreateDevice() => Cpu.Scalar(2);
}
