using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>What a pass that trains changes in a model beside its gradients (a batch norm's running statistics). It is done when an
/// optimiser makes its step with the pass's gradients, or at the latest when the pass ends: who infers meanwhile sees the model as it
/// was before the step or as it is after it.</summary>
internal abstract class DeferredUpdate
{
    /// <summary>Makes the change; the pass has the weights that it uses for itself.</summary>
    public abstract void Apply(Device device);

    /// <summary>Gives back what was kept for the change, made or not.</summary>
    public abstract void Release();
}
