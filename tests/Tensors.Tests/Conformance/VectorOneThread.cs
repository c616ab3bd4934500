using Graft.Testing;

namespace Graft.Tensors.Tests.VectorOneThread;

public sealed class MapOnVectorOneThread : MapTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class ZipOnVectorOneThread : ZipTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class SpecialValueOnVectorOneThread : SpecialValueTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class ReduceOnVectorOneThread : ReduceTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class GemmOnVectorOneThread : GemmTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class Conv2dOnVectorOneThread : Conv2dTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class PoolingOnVectorOneThread : PoolingTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class BatchNormOnVectorOneThread : BatchNormTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class SoftmaxOnVectorOneThread : SoftmaxTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class CrossEntropyOnVectorOneThread : CrossEntropyTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class GatherOnVectorOneThread : GatherTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class CopyOnVectorOneThread : CopyTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class UpdateOnVectorOneThread : UpdateTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class LayerNormOnVectorOneThread : LayerNormTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class DropoutOnVectorOneThread : DropoutTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}

public sealed class AttentionOnVectorOneThread : AttentionTests
{
    protected override Device CreateDevice() => Cpu.Vector(1);
}
