using Graft.Autograd;

namespace Graft.Models;

/// <summary>An activation as a layer, for sequences of layers (PyTorch's <c>ReLU</c>, <c>GELU</c> ...).</summary>
/// <param name="activation">The activation.</param>
public sealed class ActivationLayer(Activation activation) : Layer
{
    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => activation.Apply(x);
}
