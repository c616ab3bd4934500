namespace Graft.Tensors;

/// <summary>Where in one stretch of memory each block of a replay lies: blocks that are not alive at the same time may lie over each
/// other.</summary>
internal sealed class MemoryPlan
{
    /// <summary>A cache line, and what the kernels' lanes like best.</summary>
    private const int Alignment = 64;

    /// <summary>As far into a block as a tensor's offset, a number of elements, reaches.</summary>
    private const long MostBytes = (long)int.MaxValue * sizeof(float);

    private readonly Dictionary<RecordedMemory, Slot> slots = [];

    private MemoryPlan()
    {
    }

    /// <summary>How long the stretch is.</summary>
    public long Bytes { get; private set; }

    /// <summary>How long it would be if every block had memory of its own.</summary>
    public long BytesApart { get; private set; }

    /// <summary>The most that is alive at one call: no plan needs less.</summary>
    public long BytesAlive { get; private set; }

    /// <summary>The blocks, with the byte at which each begins.</summary>
    public IEnumerable<(RecordedMemory Block, long FirstByte)> Assignments => slots.Select(pair => (pair.Key, pair.Value.FirstByte));

    /// <summary>Plans the memory of calls that are made in order.</summary>
    /// <param name="calls">The calls of a replay.</param>
    /// <param name="inputs">What is there before the first is made.</param>
    /// <param name="outputs">What has to be there when all have been made.</param>
    /// <exception cref="NotSupportedException">It would be more memory than one block can be.</exception>
    public static MemoryPlan Of(IReadOnlyList<Call> calls, IReadOnlyList<RecordedMemory> inputs, ReadOnlySpan<ITensor> outputs)
    {
        var plan = new MemoryPlan();
        foreach (var input in inputs) plan.Touch(input, -1);
        for (int at = 0; at < calls.Count; at++)
            foreach (var operand in calls[at].Operands) plan.Touch(operand.Tensor?.Block, at);
        foreach (var output in outputs) plan.Touch(output.Block, calls.Count);
        plan.BytesApart = plan.slots.Values.Sum(slot => slot.Bytes);
        plan.ShareSlots(calls);
        var apart = plan.slots.Values.Distinct().ToList();
        plan.BytesAlive = Enumerable.Range(-1, calls.Count + 2).Max(at => apart.Where(slot => slot.First <= at && at <= slot.Last).Sum(slot => slot.Bytes));
        plan.Bytes = Arrange(apart);
        if (plan.Bytes > MostBytes)
            throw new NotSupportedException($"capture: a run would need {plan.Bytes} bytes in one block, which can have {MostBytes}: capture a smaller batch, or run eagerly");
        return plan;
    }

    private void Touch(DeviceMemory? memory, int at)
    {
        if (memory is not RecordedMemory { Varies: true, IsState: false } block) return;
        if (slots.TryGetValue(block, out var slot)) slot.Last = at;
        else slots.Add(block, new Slot(Ceiling.Multiple(block.Bytes, Alignment), at) { Last = at });
    }

    /// <summary>Lets a result take the slot of an operand that the same call reads for the last time, where the kernel's contract allows
    /// it and each element of the one lies where that of the other lay.</summary>
    private void ShareSlots(IReadOnlyList<Call> calls)
    {
        for (int at = 0; at < calls.Count; at++)
        {
            foreach (var result in calls[at].Operands)
            {
                if (result.Access != Access.Result || result.Tensor?.Block is not RecordedMemory { IsState: false } written || slots[written].First != at) continue;
                foreach (var spare in calls[at].Operands)
                {
                    if (spare.Access != Access.Spare || spare.Tensor?.Block is not RecordedMemory { Varies: true, IsState: false } read) continue;
                    if (slots[read].Last != at || read.Bytes != written.Bytes || !spare.Tensor.HasLayoutOf(result.Tensor)) continue;
                    if (Uses(calls[at], slots[read]) > 1) continue;
                    slots[read].Last = slots[written].Last;
                    slots[written] = slots[read];
                    break;
                }
            }
        }
    }

    /// <summary>How many of a call's operands lie in a slot: a product that also reads its residual as a factor needs it to the end.</summary>
    private int Uses(Call call, Slot slot)
    {
        int uses = 0;
        foreach (var operand in call.Operands)
            if (operand.Tensor?.Block is RecordedMemory { Varies: true, IsState: false } block && slots[block] == slot) uses++;
        return uses;
    }

    /// <summary>Tries a few orders, as none is the best for every recording, and leaves the slots where they took the least.</summary>
    private static long Arrange(List<Slot> all)
    {
        IEnumerable<Slot>[] orders =
        [
            [.. all.OrderByDescending(slot => slot.Bytes).ThenByDescending(slot => slot.Calls)],
            [.. all.OrderByDescending(slot => slot.Calls).ThenByDescending(slot => slot.Bytes)],
            [.. all.OrderByDescending(slot => slot.Bytes * slot.Calls)],
            [.. all.OrderBy(slot => slot.First)],
        ];
        return PutDown(orders.MinBy(PutDown)!);
    }

    /// <summary>Puts each slot into the tightest gap between those that are alive with it and are down already.</summary>
    private static long PutDown(IEnumerable<Slot> order)
    {
        var down = new List<Slot>();
        foreach (var slot in order)
        {
            long best = -1, tightest = long.MaxValue, end = 0;
            foreach (var other in down.Where(slot.IsAliveWith).OrderBy(other => other.FirstByte))
            {
                long gap = other.FirstByte - end;
                if (gap >= slot.Bytes && gap < tightest) (best, tightest) = (end, gap);
                end = Math.Max(end, other.FirstByte + other.Bytes);
            }
            slot.FirstByte = best < 0 ? end : best;
            down.Add(slot);
        }
        return down.Count == 0 ? 0 : down.Max(slot => slot.FirstByte + slot.Bytes);
    }

    /// <summary>Memory from the call that first writes it (-1: filled before all calls) to the last that needs it.</summary>
    private sealed class Slot(long bytes, int first)
    {
        public long Bytes { get; } = bytes;

        public int First { get; } = first;

        public int Last { get; set; }

        /// <summary>For how many calls it is needed.</summary>
        public int Calls => Last - First + 1;

        public long FirstByte { get; set; }

        public bool IsAliveWith(Slot other) => First <= other.Last && other.First <= Last;
    }
}
