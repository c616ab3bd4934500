using Graft.Testing;

namespace Graft.Tensors.Tests.Vector512OneThread;

public sealed class MapOnVector512OneThread : MapTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class ZipOnVector512OneThread : ZipTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class SpecialValueOnVector512OneThread : SpecialValueTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class ReduceOnVector512OneThread : ReduceTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class GemmOnVector512OneThread : GemmTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class Conv2dOnVector512OneThread : Conv2dTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class PoolingOnVector512OneThread : PoolingTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class BatchNormOnVector512OneThread : BatchNormTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class SoftmaxOnVector512OneThread : SoftmaxTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class CrossEntropyOnVector512OneThread : CrossEntropyTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class GatherOnVector512OneThread : GatherTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class CopyOnVector512OneThread : CopyTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class UpdateOnVector512OneThread : UpdateTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class LayerNormOnVector512OneThread : LayerNormTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class DropoutOnVector512OneThread : DropoutTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}

public sealed class AttentionOnVector512OneThread : AttentionTests
{
    protected override Device CreateDevice() => Cpu.Vector512(1);
}
