using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>What a pass that trains changes in a model beside its gradients (a batch norm's running statistics). It is done when an
/// optimiser makes its step with the pass's gradients, or at the latest when the pass ends: who infers meanwhile sees the model as it
/// was before the step or as it is after it.</summary>
public abstract class DeferredUpdate
{
    private SavedMemory saved;

    /// <summary>Makes the change; the pass has the weights that it uses for itself.</summary>
    /// <param name="device">The device of the pass.</param>
    public abstract void Apply(Device device);

    /// <summary>Keeps a temporary of the pass until the change is made or given up; to be called in the constructor.</summary>
    /// <returns>The tensor itself.</returns>
    protected Tensor<T> Save<T>(Tensor<T> tensor) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        saved.Add(tensor.Memory);
        return tensor;
    }

    /// <summary>Releases what was kept for the change, made or not.</summary>
    internal void Release() => saved.Release();
}
