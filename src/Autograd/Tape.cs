using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The recorded calls of a pass in order, and the slots of their gradients: each variable that needs a gradient has one.</summary>
internal sealed class Tape
{
    private readonly List<Node> nodes = [];

    /// <summary>The slots of variables whose gradients are to stay.</summary>
    private readonly HashSet<int> retained = [];

    /// <summary>The outputs of calls whose backward has run.</summary>
    private readonly List<int> spent = [];

    /// <summary>How many calls backward would run through.</summary>
    public int Count => nodes.Count;

    /// <summary>How many slots there are.</summary>
    public int Slots { get; private set; }

    /// <summary>A slot for a leaf.</summary>
    public int AddSlot() => Slots++;

    /// <summary>Puts a call on the tape and gives the slot of its output.</summary>
    public int Add(Node node)
    {
        nodes.Add(node);
        return node.Output = Slots++;
    }

    /// <summary>Has backward leave the gradient at a slot.</summary>
    public void Retain(int slot) => retained.Add(slot);

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
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            var node = nodes[i];
            if (run.Take(node.Output) is { } dy)
            {
                node.RequireUnchanged();
                // held beside the node, which overwrites only what is its alone
                if (retained.Contains(node.Output)) run.Keep(node.Output, dy);
                node.Backward(dy, run);
                dy.Memory.Release();
            }
            node.Release();
            temporaries.GiveBackSince(mark, keep: null);
        }
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
        Slots = 0;
    }
}
