namespace Graft.Tensors;

/// <summary>A recorded pass that is run again and again: what does not depend on the inputs was computed once, the rest lies in one
/// block of memory that was planned, and a run allocates nothing.</summary>
/// <remarks>One run at a time; the owner sees to it.</remarks>
public sealed class Replay : IDisposable
{
    private readonly Device device;
    private readonly Call[] folded;
    private readonly Call[] replayed;
    private readonly Source[] sources;
    private readonly DeviceMemory[] states;
    private readonly List<DeviceMemory> held = [];
    private bool isDisposed;

    /// <summary>Folds, plans and binds what was recorded.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="calls">All calls in their order.</param>
    /// <param name="inputs">What is filled before each run.</param>
    /// <param name="states">What stays from run to run.</param>
    /// <param name="outputs">What is kept to the end of a run.</param>
    internal Replay(
        Device device, IReadOnlyList<Call> calls, IReadOnlyList<RecordedMemory> inputs, IReadOnlyList<RecordedMemory> states, ReadOnlySpan<ITensor> outputs)
    {
        this.device = device;
        Folding.Mark(calls);
        folded = [.. calls.Where(call => !call.Varies)];
        replayed = [.. calls.Where(call => call.Varies)];
        Plan = MemoryPlan.Of(replayed, inputs, outputs);
        Assign(calls, outputs);
        foreach (var call in calls) call.Bind();
        sources = [.. Operands(calls).Select(tensor => tensor.Block).Where(block => block is not RecordedMemory).Distinct().Select(block => new Source(block))];
        this.states = [.. states.Select(state => state.Target!)];
        held.AddRange(this.states);
        Fold();
        Reset();
    }

    /// <summary>Where what differs from run to run lies.</summary>
    private MemoryPlan Plan { get; }

    /// <summary>How many bytes of memory a run works in.</summary>
    public long PlannedBytes => Plan.Bytes;

    /// <summary>The most bytes that are alive at one call of a run: no plan needs less.</summary>
    public long LeastBytes => Plan.BytesAlive;

    /// <summary>How many bytes a run would work in if no two blocks shared memory.</summary>
    public long UnsharedBytes => Plan.BytesApart;

    /// <summary>How many calls a run makes.</summary>
    public int ReplayedCalls => replayed.Length;

    /// <summary>How many calls were made once and for all.</summary>
    public int FoldedCalls => folded.Length;

    /// <summary>A tensor of the recording, where its numbers are.</summary>
    public static Tensor<T> Placed<T>(Tensor<T> recorded) where T : unmanaged => (Tensor<T>)Call.Placed(recorded);

    /// <summary>As the other, whatever its elements are.</summary>
    public static ITensor Placed(ITensor recorded) => Call.Placed(recorded);

    /// <summary>Makes the calls. The inputs have to be filled anew before each run: their memory serves others later.</summary>
    /// <param name="first">The first call to make: those before it have been done otherwise.</param>
    /// <exception cref="InvalidOperationException">A parameter is no longer where it was.</exception>
    public void Run(int first = 0)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        int kept = 0;
        try
        {
            // held while they are read: another pass may move its parameters to another device meanwhile
            for (; kept < sources.Length; kept++)
            {
                if (!sources[kept].Memory.TryRetain(sources[kept].Generation))
                    throw new InvalidOperationException(
                        "a parameter that a captured pass reads is no longer where it was: its model was used on another device since; capture it again");
            }
            FoldAgainIfChanged();
            foreach (var call in replayed.AsSpan(first)) call.Run(device);
        }
        finally
        {
            while (kept > 0) sources[--kept].Memory.Release();
        }
    }

    /// <summary>Fills with zeros what stays from run to run, as it was before the first.</summary>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        foreach (var state in states)
        {
            Shape floats = [checked((int)(state.Bytes / sizeof(float)))];
            device.Fill(new Tensor<float>(state, floats, Strides.Dense(floats)), 0f);
        }
    }

    /// <summary>Gives all memory back.</summary>
    public void Dispose()
    {
        if (isDisposed) return;
        isDisposed = true;
        foreach (var memory in held) memory.Release();
        held.Clear();
    }

    /// <summary>Folds again where a parameter has changed since.</summary>
    private void FoldAgainIfChanged()
    {
        bool changed = false;
        foreach (ref readonly var source in sources.AsSpan()) changed |= source.Memory.Version != source.Version;
        if (changed) Fold();
    }

    private void Fold()
    {
        for (int i = 0; i < sources.Length; i++) sources[i] = new Source(sources[i].Memory);
        foreach (var memory in held) memory.Invalidate();
        foreach (var call in folded) call.Run(device);
    }

    /// <summary>Assigns memory to each block: as planned, or memory of its own where it is the same in every run.</summary>
    private void Assign(IReadOnlyList<Call> calls, ReadOnlySpan<ITensor> outputs)
    {
        var arena = device.Rent(Math.Max(1, Plan.Bytes));
        held.Add(arena);
        foreach (var (block, offset) in Plan.Assignments) block.Assign(arena, offset);
        foreach (var tensor in Operands(calls).Concat(outputs.ToArray()))
        {
            if (tensor.Block is not RecordedMemory block || block.Varies) continue;
            if (block.Target is null) block.Assign(device.Rent(block.Bytes), 0);
            if (!held.Contains(block.Target!)) held.Add(block.Target!);
        }
    }

    private static IEnumerable<ITensor> Operands(IEnumerable<Call> calls) =>
        calls.SelectMany(call => call.Operands.ToArray()).Select(operand => operand.Tensor).OfType<ITensor>();

    /// <summary>Memory that the pass reads and does not own, as it was when what depends on it was computed.</summary>
    private readonly struct Source(DeviceMemory memory)
    {
        public DeviceMemory Memory { get; } = memory;

        public int Generation { get; } = memory.Generation;

        public int Version { get; } = memory.Version;
    }
}
