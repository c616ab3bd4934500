using System.Diagnostics.CodeAnalysis;

namespace Graft.Tensors;

/// <summary>Stands before a device while a pass of inference runs, and records its calls instead of making them: what is read and
/// what is written is known without a single number. The recording then costs no memory for what lies between input and output, and
/// code that would look at a number, so that the recording would hold for that number alone, is refused.</summary>
/// <remarks>Parameters stay where they are, on the device behind (<see cref="Device.Home"/>). What the host writes into a tensor
/// during the recording is part of it.</remarks>
public sealed partial class Recorder : Device
{
    private readonly List<Call> calls = [];
    private readonly List<RecordedMemory> inputs = [];
    private readonly List<RecordedMemory> states = [];
    private readonly List<RecordedMemory> ofHost = [];

    /// <summary>A recorder that stands before a device.</summary>
    /// <param name="home">The device that the recording is to run on.</param>
    public Recorder(Device home)
    {
        ArgumentNullException.ThrowIfNull(home);
        Home = home.Home;
    }

    /// <inheritdoc/>
    public override string Name => $"a recording for {Home.Name}";

    /// <inheritdoc/>
    public override Device Home { get; }

    /// <summary>A tensor that is filled before each replay.</summary>
    public Tensor<T> Input<T>(Shape shape) where T : unmanaged
    {
        var memory = new RecordedMemory(this, BytesOf<T>(shape)) { IsInput = true, Varies = true };
        inputs.Add(memory);
        return new Tensor<T>(memory, shape, Strides.Dense(shape));
    }

    /// <summary>A tensor that stays from replay to replay and is zero before the first: calls read what the replay before has left, and
    /// write over it.</summary>
    public Tensor<T> State<T>(Shape shape) where T : unmanaged
    {
        // whole floats, so that it can be filled with zeros whatever its elements are
        var memory = new RecordedMemory(this, (BytesOf<T>(shape) + sizeof(float) - 1) / sizeof(float) * sizeof(float)) { IsState = true, Varies = true };
        memory.Assign(Home.Rent(memory.Bytes), 0);
        states.Add(memory);
        return new Tensor<T>(memory, shape, Strides.Dense(shape));
    }

    /// <summary>What was recorded, folded and planned, with the outputs kept to the end of each replay.</summary>
    public Replay Finish(params ReadOnlySpan<ITensor> outputs)
    {
        foreach (var output in outputs)
            if (output.Block is RecordedMemory memory) memory.IsUsed = true;
        foreach (var memory in ofHost)
            if (!memory.IsUsed) memory.Target!.Release();
        return new Replay(Home, calls, inputs, states, outputs);
    }

    /// <inheritdoc/>
    public override DeviceMemory Rent(long bytes)
    {
        var memory = new RecordedMemory(this, bytes);
        memory.Retain();
        return memory;
    }

    /// <inheritdoc/>
    public override void Upload<T>(ReadOnlySpan<T> source, Tensor<T> destination)
    {
        var memory = (RecordedMemory)destination.Memory;
        if (memory.IsUsed || memory.IsInput || memory.IsState)
            throw new NotSupportedException($"capture: the pass writes {destination.Shape} from the host after a kernel has used it, which a recording does not keep in order");
        if (!memory.IsOfHost)
        {
            memory.IsOfHost = true;
            memory.Assign(Home.Rent(memory.Bytes), 0);
            ofHost.Add(memory);
        }
        Home.Upload(source, (Tensor<T>)Call.Placed(destination));
    }

    /// <inheritdoc/>
    public override void Download<T>(Tensor<T> source, Span<T> destination) => throw new NotSupportedException(
        $"capture: the pass reads the numbers of {source.Shape} on the host, and what it does with them cannot be recorded; run it eagerly");

    private void Record<TSettings>(TSettings settings, Kernel<TSettings> kernel, params ReadOnlySpan<Operand> operands)
    {
        foreach (var operand in operands) Check(operand);
        foreach (var operand in operands)
            if (operand.Tensor?.Block is RecordedMemory memory) memory.IsUsed = true;
        calls.Add(new Call<TSettings>(settings, kernel, operands.ToArray()));
    }

    private void Check(Operand operand)
    {
        if (operand.Tensor is not { } tensor) return;
        if (tensor.Block.Device != this && tensor.Block.Device != Home)
            throw new ArgumentException($"capture: a tensor is on {tensor.Block.Device.Name}, the captured pass on {Home.Name}: make it there");
        if (!operand.IsWritten) return;
        if (tensor.Block is not RecordedMemory memory)
            throw new NotSupportedException("capture: the pass writes to a tensor that is not its own; a captured pass only infers");
        if (memory.IsOfHost || memory.IsInput)
            throw new NotSupportedException("capture: a kernel writes over numbers that came from the host; give it a tensor of its own to write to");
    }

    [DoesNotReturn]
    private static void Refuse(string family) =>
        throw new NotSupportedException($"capture: {family} is a part of training, and a captured pass only infers");

    private static unsafe long BytesOf<T>(Shape shape) where T : unmanaged => Math.Max(1, shape.ElementCount) * sizeof(T);
}
