using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>One recorded call of a function: what its backward needs, and the backward itself (what PyTorch makes of an
/// <c>autograd.Function</c>).</summary>
/// <remarks>A function of your own is a static method that computes an output into memory of the pass and records it with a node of
/// this class. One node has one output; a function of several outputs computes one tensor and slices it.</remarks>
/// <example><code>
/// static Variable Square(Variable x)
/// {
///     var y = x.Pass.RentLike(x.Value);
///     x.Pass.Device.Zip(default(Multiply), x.Value, x.Value, y);
///     return x.Pass.Record(y, x.NeedsGradient ? new SquareNode(x) : null);
/// }
///
/// sealed class SquareNode : Node
/// {
///     private readonly Variable input;
///     private readonly Tensor&lt;float&gt; x;
///
///     public SquareNode(Variable input) =&gt; (this.input, x) = (input, Save(input.Value));
///
///     public override void Backward(Tensor&lt;float&gt; dy, BackwardRun run)
///     {
///         var dx = run.RentLike(x);
///         run.Device.Zip(default(Multiply), x, dy, dx);
///         run.Device.Map(new Scale(2f), dx, dx);
///         run.Add(input, dx);
///     }
/// }
/// </code></example>
public abstract class Node
{
    private SavedMemory saved;

    /// <summary>The slot in which the gradient of the output is accumulated.</summary>
    internal int Output { get; set; }

    /// <summary>Computes the gradients of the inputs from that of the output and adds them to the run, input by input
    /// (<see cref="BackwardRun.Add(Variable, Tensor{float})"/>).</summary>
    /// <param name="dy">The gradient of the output, of its shape and in any memory order. It is not written to, unless
    /// <see cref="BackwardRun.RentInPlaceOf"/> gives it.</param>
    /// <param name="run">The backward that is running.</param>
    public abstract void Backward(Tensor<float> dy, BackwardRun run);

    /// <summary>Keeps a tensor's memory until backward has run, and has backward refused where it was overwritten in between; to be
    /// called in the constructor, for every tensor that <see cref="Backward"/> reads.</summary>
    /// <returns>The tensor itself.</returns>
    protected Tensor<T> Save<T>(Tensor<T> tensor) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        saved.Add(tensor.Memory);
        return tensor;
    }

    /// <summary>Keeps all temporaries that are there.</summary>
    internal void KeepAll(Temporaries temporaries)
    {
        var memories = temporaries.Memories;
        for (int i = 0; i < memories.Count; i++) saved.Add(memories[i]);
    }

    /// <summary>Keeps what something else keeps.</summary>
    internal void KeepAll(in SavedMemory others) => saved.AddAll(others);

    /// <summary>Runs backward and gives the gradient of the output back.</summary>
    internal virtual void BackwardAndRelease(Tensor<float> dy, BackwardRun run)
    {
        Backward(dy, run);
        dy.Memory.Release();
    }

    /// <summary>Refuses to go on where something that was saved has been overwritten since.</summary>
    /// <exception cref="InvalidOperationException">The gradient would be of other values than those of the forward.</exception>
    internal void RequireUnchanged()
    {
        if (!saved.IsUnchanged)
            throw new InvalidOperationException(
                "backward: a weight or an input has been overwritten since the forward that read it, so its gradients would be wrong: step, load or copy into it after backward");
    }

    /// <summary>Adds the memory of what was saved to a set.</summary>
    internal void AddSavedTo(HashSet<DeviceMemory> memories) => saved.AddTo(memories);

    /// <summary>Releases what was saved.</summary>
    internal void Release() => saved.Release();
}
