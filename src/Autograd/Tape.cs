using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The recorded calls of a pass in order, and the slots of their gradients: each variable that needs a gradient has one.</summary>
internal sealed class Tape
{
    /// <summary>The slot of what would have one if its call were recorded.</summary>
    public const int Unrecorded = int.MaxValue;

    private readonly List<Node> nodes = [];

    /// <summary>The slots of variables whose gradients are to stay.</summary>
    private readonly HashSet<int> retained = [];

    /// <summary>The outputs of calls whose backward has run.</summary>
    private readonly List<int> spent = [];

    private int slotsPassedOver;
    private int callsPassedOver;
    private SlotRange repeated;

    /// <summary>How many calls backward would run through.</summary>
    public int Count => nodes.Count;

    /// <summary>How many slots there are.</summary>
    public int Slots { get; private set; }

    /// <summary>What becomes of calls.</summary>
    public TapeRecording Recording { get; private set; }

    /// <summary>A slot for a leaf.</summary>
    public int AddSlot()
    {
        if (Recording == TapeRecording.Repeated) return repeated.Take();
        if (Recording == TapeRecording.Paused) slotsPassedOver++;
        return Slots++;
    }

    /// <summary>Puts a call on the tape and gives the slot of its output.</summary>
    public int Add(Node node)
    {
        if (Recording == TapeRecording.Paused)
        {
            node.Release();
            slotsPassedOver++;
            callsPassedOver++;
            return Unrecorded;
        }
        nodes.Add(node);
        return node.Output = AddSlot();
    }

    /// <summary>Has backward leave the gradient at a slot.</summary>
    public void Retain(int slot) => retained.Add(slot);

    /// <summary>Passes calls over from here on, which are to be made again.</summary>
    public void Pause() => (Recording, slotsPassedOver, callsPassedOver) = (TapeRecording.Paused, 0, 0);

    /// <summary>Records calls again, and gives the slots for those that were passed over.</summary>
    public SlotRange Resume()
    {
        Recording = TapeRecording.Plain;
        var slots = new SlotRange(Slots, Slots + slotsPassedOver, callsPassedOver);
        Slots += slotsPassedOver;
        return slots;
    }

    /// <summary>Records calls that were passed over, while backward runs.</summary>
    public void Repeat(SlotRange slots) => (Recording, repeated) = (TapeRecording.Repeated, slots);

    /// <summary>Has recorded them.</summary>
    public void EndRepeat() => Recording = TapeRecording.Plain;

    /// <summary>What is thrown where a function does something else when it is called again.</summary>
    public static InvalidOperationException NotTheSame() => new(
        "backward: a function whose activations were not kept computed something else when it was called again: what it does has to follow from its inputs, "
        + "the weights and Pass.Stream alone");

    /// <summary>Runs backward from a loss to the leaves, in the opposite order of the calls; what was saved and what is rented on the way
    /// is released call by call.</summary>
    /// <exception cref="InvalidOperationException">A backward has already run through a part of the loss, or what a call saved has been
    /// overwritten.</exception>
    public void RunBackward(BackwardRun run, Variable loss, Temporaries temporaries)
    {
        int mark = temporaries.Count;
        var one = run.Rent(loss.Shape);
        run.Device.Fill(one, 1f);
        run.Add(loss.Slot, one);
        temporaries.GiveBackSince(mark, keep: null);
        RunBackward(run, first: 0, temporaries);
        bool reachedSpent = false;
        foreach (int output in spent)
        {
            if (run.Take(output) is not { } unused) continue;
            unused.Memory.Release();
            reachedSpent = true;
        }
        foreach (var node in nodes) spent.Add(node.Output);
        nodes.Clear();
        if (reachedSpent)
        {
            throw new InvalidOperationException(
                "a backward has already run through a part of this loss and released what it saved: add the losses up before one backward, or use a pass for each");
        }
    }

    /// <summary>Runs backward through the calls since <see cref="Repeat"/> and takes them off the tape.</summary>
    public void RunRepeated(BackwardRun run, int first, Temporaries temporaries)
    {
        RunBackward(run, first, temporaries);
        nodes.RemoveRange(first, nodes.Count - first);
    }

    /// <summary>Runs backward through the calls from one on.</summary>
    private void RunBackward(BackwardRun run, int first, Temporaries temporaries)
    {
        int mark = temporaries.Count;
        for (int i = nodes.Count - 1; i >= first; i--)
        {
            var node = nodes[i];
            if (run.Take(node.Output) is { } dy)
            {
                node.RequireUnchanged();
                // held beside the node, which overwrites only what is its alone
                if (retained.Contains(node.Output)) run.Keep(node.Output, dy);
                node.BackwardAndRelease(dy, run);
            }
            node.Release();
            temporaries.GiveBackSince(mark, keep: null);
        }
    }

    /// <summary>Adds the memory that calls have saved to a set.</summary>
    public void AddTo(HashSet<DeviceMemory> held)
    {
        foreach (var node in nodes) node.AddSavedTo(held);
    }

    /// <summary>Releases what calls have saved, and forgets all of them.</summary>
    public void Clear()
    {
        foreach (var node in nodes) node.Release();
        nodes.Clear();
        retained.Clear();
        spent.Clear();
        Recording = TapeRecording.Plain;
        Slots = 0;
    }
}

/// <summary>What a tape does with calls.</summary>
internal enum TapeRecording
{
    /// <summary>It records them.</summary>
    Plain,

    /// <summary>It passes them over: they will be made again.</summary>
    Paused,

    /// <summary>They are made again, and recorded.</summary>
    Repeated,
}

/// <summary>Slots that are set aside for calls.</summary>
internal struct SlotRange(int next, int end, int calls)
{
    /// <summary>How many calls there are.</summary>
    public readonly int Calls => calls;

    /// <summary>The next of them.</summary>
    /// <exception cref="InvalidOperationException">There is none left.</exception>
    public int Take() => next < end ? next++ : throw Tape.NotTheSame();
}
