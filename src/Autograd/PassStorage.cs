using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The parts of a pass, empty between passes and as large as one has needed: a training loop then makes them once. None of
/// them is ever seen outside the pass.</summary>
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
    public Tape Tape { get; } = new();

    /// <summary>What the pass has rented.</summary>
    public Temporaries Temporaries { get; } = new();

    /// <summary>The parameters and buffers that it has used.</summary>
    public PassWeights Weights { get; } = new();

    /// <summary>How often each random stream has been opened, by name.</summary>
    public Dictionary<string, int> Streams { get; } = [];

    /// <summary>The streams that were opened where backward computes again, in order.</summary>
    public List<RandomStream> Drawn { get; } = [];

    /// <summary>The table of the pass's own gradients.</summary>
    public GradientTable Gradients { get; } = new();

    /// <summary>One that no other pass uses.</summary>
    public static PassStorage Take() => idle is { Count: > 0 } stack ? stack.Pop() : new PassStorage();

    /// <summary>Releases what the parts hold and leaves the rest to the thread's next pass.</summary>
    public void GiveBack()
    {
        Tape.Clear();
        Weights.Clear();
        Temporaries.Clear();
        Streams.Clear();
        Drawn.Clear();
        idle ??= [];
        if (idle.Count < MostIdle) idle.Push(this);
    }
}
