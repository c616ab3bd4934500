using Graft.Testing;

namespace Graft.Tensors.Tests.VectorTwoThreads;

public sealed class MapOnVectorTwoThreads : MapTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class ZipOnVectorTwoThreads : ZipTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class SpecialValueOnVectorTwoThreads : SpecialValueTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class ReduceOnVectorTwoThreads : ReduceTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class GemmOnVectorTwoThreads : GemmTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class Conv2dOnVectorTwoThreads : Conv2dTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class PoolingOnVectorTwoThreads : PoolingTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class BatchNormOnVectorTwoThreads : BatchNormTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class SoftmaxOnVectorTwoThreads : SoftmaxTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class CrossEntropyOnVectorTwoThreads : CrossEntropyTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class GatherOnVectorTwoThreads : GatherTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class CopyOnVectorTwoThreads : CopyTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class UpdateOnVectorTwoThreads : UpdateTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class LayerNormOnVectorTwoThreads : LayerNormTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class DropoutOnVectorTwoThreads : DropoutTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}

public sealed class AttentionOnVectorTwoThreads : AttentionTests
{
    protected override Device CreateDevice() => Cpu.Vector(2);
}
