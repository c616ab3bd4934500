using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Parts of a run whose activations backward computes again instead of finding them kept.</summary>
public sealed partial class Pass
{
    private SavedMemory used;
    private int nextDrawn;

    /// <summary>Whether models keep the inputs of their stages alone and have backward compute the rest again (Hugging Face's
    /// <c>gradient_checkpointing</c>): less memory for about a third more time, and the same bits.</summary>
    public bool ActivationCheckpointing { get; set; }

    /// <summary>A function of which backward keeps the input alone, and computes the rest again (PyTorch's <c>torch.utils.checkpoint</c>; Chen et al. 2016).
    /// The second time it draws what it drew the first time and defers nothing, so gradients are those of a plain call, bit by bit.</summary>
    /// <remarks>Only its result may be used outside: what is computed on the way is not there for a gradient. A pass that infers, and a call within
    /// another such call, are plain calls.</remarks>
    /// <param name="x">A variable of this pass.</param>
    /// <param name="inputs">What the function takes beside it: variables of the pass, masks.</param>
    /// <param name="compute">The function; it has to compute the same when it is called again.</param>
    /// <typeparam name="TInputs">What it takes.</typeparam>
    /// <exception cref="ArgumentException">The variable belongs to another pass.</exception>
    public Variable Checkpoint<TInputs>(Variable x, TInputs inputs, Func<Variable, TInputs, Variable> compute)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(compute);
        if (x.Pass != this) throw new ArgumentException("the input of a checkpoint belongs to another pass: make it in this one");
        var (tape, temporaries, drawn) = (Storage.Tape, Storage.Temporaries, Storage.Drawn);
        if (!IsTraining || tape.Recording != TapeRecording.Plain) return compute(x, inputs);

        var node = new CheckpointNode<TInputs>(x, inputs, compute, drawn.Count);
        // whatever the function reads beside its input and weights is there now
        node.KeepAll(temporaries);
        var scope = OpenScope();
        bool isKept = false;
        tape.Pause();
        try
        {
            var y = scope.KeepOnly(compute(x, inputs));
            isKept = y.Slot == Tape.Unrecorded;
            if (!isKept) return y;
            node.KeepAll(in used);
            node.Slots = tape.Resume();
            return new Variable(this, y.Value, tape.Add(node));
        }
        finally
        {
            if (tape.Recording == TapeRecording.Paused) tape.Resume();
            used.Release();
            if (!isKept) node.Release();
        }
    }

    /// <summary>Calls a function again, recorded this time, and runs backward through it.</summary>
    internal void Recompute<TInputs>(CheckpointNode<TInputs> node, Tensor<float> dy, BackwardRun run)
    {
        var tape = Storage.Tape;
        var watch = LayerWatch;
        int first = tape.Count;
        LayerWatch = null;
        nextDrawn = node.FirstDrawn;
        var scope = OpenScope();
        tape.Repeat(node.Slots);
        int slot;
        try
        {
            var y = node.Compute();
            slot = y.Slot;
            if (slot < 0 || y.Shape != dy.Shape || tape.Count - first != node.Slots.Calls) throw Tape.NotTheSame();
            scope.KeepNothing();
        }
        finally
        {
            tape.EndRepeat();
            LayerWatch = watch;
        }
        run.Add(slot, dy);
        // the gradient is the last node's alone from here on
        dy.Memory.Release();
        tape.RunRepeated(run, first, Storage.Temporaries);
    }

    /// <summary>Notes the numbers of a weight that a function reads which will be called again.</summary>
    private Tensor<float> Note(Tensor<float> weight)
    {
        if (Storage.Tape.Recording == TapeRecording.Paused) used.Add(weight.Memory);
        return weight;
    }

    private RandomStream Draw(string name)
    {
        var drawn = Storage.Drawn;
        if (Storage.Tape.Recording == TapeRecording.Repeated)
            return nextDrawn < drawn.Count ? drawn[nextDrawn++] : throw Tape.NotTheSame();
        ref int calls = ref CollectionsMarshal.GetValueRefOrAddDefault(Storage.Streams, name, out _);
        var stream = StreamOf(name, calls++);
        if (Storage.Tape.Recording == TapeRecording.Paused) drawn.Add(stream);
        return stream;
    }

    private RandomStream StreamOf(string name, int call)
    {
        if (call == 0) return new RandomStream(Seed, name);
        var (low, high, _, _) = new RandomStream(Seed, "calls").Bits((ulong)call);
        return new RandomStream(((ulong)high << 32) | low, name);
    }
}

/// <summary>A call of a function whose activations are not kept: its input and what it read, to call it again.</summary>
internal sealed class CheckpointNode<TInputs> : Node
{
    private readonly Variable x;
    private readonly TInputs inputs;
    private readonly Func<Variable, TInputs, Variable> compute;

    public CheckpointNode(Variable x, TInputs inputs, Func<Variable, TInputs, Variable> compute, int firstDrawn)
    {
        (this.x, this.inputs, this.compute, FirstDrawn) = (x, inputs, compute, firstDrawn);
        Save(x.Value);
    }

    /// <summary>Where what it drew begins among all that the pass drew.</summary>
    public int FirstDrawn { get; }

    /// <summary>The slots of its variables when it is called again.</summary>
    public SlotRange Slots { get; set; }

    public Variable Compute() => compute(x, inputs);

    public override void Backward(Tensor<float> dy, BackwardRun run) => run.Pass.Recompute(this, dy, run);

    /// <summary>Backward gives the gradient away itself.</summary>
    internal override void BackwardAndRelease(Tensor<float> dy, BackwardRun run) => Backward(dy, run);
}
