using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>One recorded call of a function: what its backward needs, and the backward itself.</summary>
internal abstract class Node
{
    /// <summary>About as many as the calls of the deepest models.</summary>
    private const int MostIdle = 4096;

    [ThreadStatic]
    private static Stack<List<(DeviceMemory Memory, int Version)>>? idle;

    private List<(DeviceMemory Memory, int Version)>? held;

    /// <summary>Where the gradient of the output gathers.</summary>
    public int Output { get; set; }

    /// <summary>Adds the gradients of the inputs, from that of the output, to <paramref name="gradients"/>.</summary>
    public abstract void Backward(Tensor<float> dy, Gradients gradients);

    /// <summary>Keeps a tensor's memory until backward has run.</summary>
    protected Tensor<T> Save<T>(Tensor<T> tensor) where T : unmanaged
    {
        tensor.Memory.Retain();
        held ??= idle is { Count: > 0 } lists ? lists.Pop() : [];
        held.Add((tensor.Memory, tensor.Memory.Version));
        return tensor;
    }

    /// <summary>Refuses to go on where something that was saved has been overwritten since.</summary>
    /// <exception cref="InvalidOperationException">The gradient would be of other numbers than those of the forward.</exception>
    public void RequireUnchanged()
    {
        if (held is null) return;
        foreach (var (memory, version) in held)
        {
            if (memory.Version != version)
                throw new InvalidOperationException(
                    "backward: a weight or an input has been overwritten since the forward that read it, so its gradients would be wrong: step, load or copy into it after backward");
        }
    }

    /// <summary>Gives back what was saved, and the list that held it to the thread's next call.</summary>
    public void Release()
    {
        if (held is null) return;
        foreach (var (memory, _) in held) memory.Release();
        held.Clear();
        idle ??= [];
        if (idle.Count < MostIdle) idle.Push(held);
        held = null;
    }
}
