using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>What learns beside one layer: given the layer's output, and its input beside it.</summary>
internal abstract class LayerAdapter : Layer<Variable>
{
    /// <summary>Whether the layer keeps its weight as [K, O].</summary>
    public virtual bool IsTransposed => false;

    /// <summary>The layer's parameters as they would be with the adapter inside, so that it computes the same without it.</summary>
    public abstract IReadOnlyList<(Parameter Parameter, float[] Numbers)> Merged();
}
