using Graft.Autograd;

namespace Graft.Models;

/// <summary>An adapter that also changes what its layer is given (IA3 before a feed-forward layer: Liu et al. 2022).</summary>
public interface IInputAdapter
{
    /// <summary>The layer's input, changed; called within the layer's forward, before the layer's own computation.</summary>
    /// <param name="x">What the layer was given.</param>
    Variable AdaptInput(Variable x);
}
