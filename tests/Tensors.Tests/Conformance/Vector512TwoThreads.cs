using Graft.Testing;

namespace Graft.Tensors.Tests.Vector512TwoThreads;

public sealed class MapOnVector512TwoThreads : MapTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class ZipOnVector512TwoThreads : ZipTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class SpecialValueOnVector512TwoThreads : SpecialValueTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class ReduceOnVector512TwoThreads : ReduceTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class GemmOnVector512TwoThreads : GemmTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class Conv2dOnVector512TwoThreads : Conv2dTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class PoolingOnVector512TwoThreads : PoolingTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class BatchNormOnVector512TwoThreads : BatchNormTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class SoftmaxOnVector512TwoThreads : SoftmaxTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class CrossEntropyOnVector512TwoThreads : CrossEntropyTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class GatherOnVector512TwoThreads : GatherTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class CopyOnVector512TwoThreads : CopyTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class UpdateOnVector512TwoThreads : UpdateTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class LayerNormOnVector512TwoThreads : LayerNormTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class DropoutOnVector512TwoThreads : DropoutTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}

public sealed class AttentionOnVector512TwoThreads : AttentionTests
{
    protected override Device CreateDevice() => Cpu.Vector512(2);
}
