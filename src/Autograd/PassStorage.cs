using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The lists and tables that a pass fills, empty between passes and as large as one has needed: a training loop then makes
/// them once. None of them is ever seen outside the pass.</summary>
internal sealed class PassStorage
{
    /// <summary>How many wait for passes to come; more than one thread's passes at a time need are left to the garbage collector.</summary>
    private const int MostIdle = 8;

    [ThreadStatic]
    private static Stack<PassStorage>? idle;

    private PassStorage()
    {
    }

    /// <summary>The calls to run backward through.</summary>
    public List<Node> Tape { get; } = [];

    /// <summary>What the pass has rented, each with its memory in <see cref="Memories"/>.</summary>
    public List<IDisposable> Temporaries { get; } = [];

    public List<DeviceMemory> Memories { get; } = [];

    public Dictionary<Parameter, Variable> Parameters { get; } = [];

    /// <summary>The memory of parameters and buffers that the pass holds.</summary>
    public List<DeviceMemory> Weights { get; } = [];

    /// <summary>The locks of those, in the order in which they are entered.</summary>
    public List<WeightLock> Locks { get; } = [];

    /// <summary>What is to be changed in a model when its weights are.</summary>
    public List<DeferredUpdate> Updates { get; } = [];

    /// <summary>The slots of variables whose gradients are to stay.</summary>
    public HashSet<int> Retained { get; } = [];

    /// <summary>The outputs of calls whose backward has run.</summary>
    public List<int> Spent { get; } = [];

    /// <summary>Where the pass's own gradients lie.</summary>
    public GradientTable Gradients { get; } = new();

    /// <summary>One that no other pass uses.</summary>
    public static PassStorage Take() => idle is { Count: > 0 } stack ? stack.Pop() : new PassStorage();

    /// <summary>Takes everything out and leaves the rest to the thread's next pass.</summary>
    public void GiveBack()
    {
        Tape.Clear();
        Temporaries.Clear();
        Memories.Clear();
        Parameters.Clear();
        Weights.Clear();
        Locks.Clear();
        Updates.Clear();
        Retained.Clear();
        Spent.Clear();
        idle ??= [];
        if (idle.Count < MostIdle) idle.Push(this);
    }
}
