using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>One recorded call of a function: what its backward needs, and the backward itself.</summary>
internal abstract class Node
{
    private readonly List<DeviceMemory> held = [];

    /// <summary>Where the gradient of the output gathers.</summary>
    public int Output { get; set; }

    /// <summary>Adds the gradients of the inputs, from that of the output, to <paramref name="gradients"/>.</summary>
    public abstract void Backward(Tensor<float> dy, Gradients gradients);

    /// <summary>Keeps a tensor's memory until backward has run.</summary>
    protected Tensor<T> Save<T>(Tensor<T> tensor) where T : unmanaged
    {
        tensor.Memory.Retain();
        held.Add(tensor.Memory);
        return tensor;
    }

    /// <summary>Gives back what was saved.</summary>
    public void Release()
    {
        foreach (var memory in held) memory.Release();
        held.Clear();
    }
}
