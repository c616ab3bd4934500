namespace Graft.Tensors;

/// <summary>What a call does with an operand.</summary>
internal enum Access
{
    /// <summary>It is read.</summary>
    Read,

    /// <summary>It is read, and the contract of <see cref="Device"/> lets the result be written over it.</summary>
    Spare,

    /// <summary>It is what the call is made for.</summary>
    Result,

    /// <summary>It is written beside the result.</summary>
    Aside,
}

/// <summary>A tensor in a call; null where the call was given none.</summary>
internal readonly record struct Operand(ITensor? Tensor, Access Access)
{
    public bool IsWritten => Access is Access.Result or Access.Aside;
}

/// <summary>The tensors of a call, in the order in which they were recorded.</summary>
internal readonly struct Arguments(ITensor?[] tensors)
{
    public Tensor<float> this[int number] => (Tensor<float>)tensors[number]!;

    public Tensor<float>? OrNull(int number) => (Tensor<float>?)tensors[number];

    public Tensor<T>? OrNull<T>(int number) where T : unmanaged => (Tensor<T>?)tensors[number];

    public Tensor<T> Of<T>(int number) where T : unmanaged => (Tensor<T>)tensors[number]!;
}

/// <summary>Makes a call of a device.</summary>
/// <typeparam name="TSettings">What the call is given besides tensors.</typeparam>
internal delegate void Kernel<in TSettings>(Device device, TSettings settings, Arguments at);

/// <summary>A call of a device, to be made again: with the tensors that it was recorded with until it is bound to others.</summary>
internal abstract class Call(Operand[] operands)
{
    public ReadOnlySpan<Operand> Operands => operands;

    protected Arguments At { get; private set; }

    /// <summary>Whether the call reads or writes what differs from replay to replay, and so is replayed.</summary>
    public bool Varies
    {
        get
        {
            foreach (var operand in operands)
                if (operand.Tensor?.Block is RecordedMemory { Varies: true }) return true;
            return false;
        }
    }

    /// <summary>Binds the operands to the memory that the plan assigned to their blocks.</summary>
    public void Bind() => At = new Arguments(Array.ConvertAll(operands, static operand => operand.Tensor is { } tensor ? Placed(tensor) : null));

    /// <summary>A recorded tensor in the memory where the plan has placed its block; any other is where it is.</summary>
    public static ITensor Placed(ITensor tensor) =>
        tensor.Block is RecordedMemory { Target: { } target } memory ? tensor.On(target, memory.FirstByte, isConstant: !memory.Varies) : tensor;

    public abstract void Run(Device device);
}

internal sealed class Call<TSettings>(TSettings settings, Kernel<TSettings> kernel, Operand[] operands) : Call(operands)
{
    public override void Run(Device device) => kernel(device, settings, At);
}
