using Graft.Autograd;

namespace Graft.Models;

/// <summary>A layer with a slot for an adapter (Houlsby et al. 2019; Hu et al. 2021): a small module that is trained beside the layer's own
/// weights, which may be frozen (PEFT).</summary>
public abstract class AdaptableLayer : Layer
{
    /// <summary>The adapter; null for none.</summary>
    public Layer<Variable>? Adapter { get; private set; }

    /// <summary>Attaches an adapter: the layer's output is then what <c>adapter.Forward(output, input)</c> gives. Its parameters are
    /// parameters of the model from here on, below the layer's key.</summary>
    /// <param name="key">The adapter's key within the layer; empty to put its parameters among the layer's.</param>
    /// <param name="adapter">The adapter; <see cref="Layer{TInputs}.Forward"/> is given the layer's output, and its input beside it.</param>
    /// <param name="isSavedApart">Whether it has a file of its own, so that the model, while it is attached, has none (<see cref="Model.Save"/>).</param>
    /// <exception cref="InvalidOperationException">Another is attached, or the thread is in the middle of a forward of the model.</exception>
    /// <exception cref="ArgumentException">The key is taken, or the adapter is attached elsewhere.</exception>
    public void Attach(string key, Layer<Variable> adapter, bool isSavedApart = false)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ChangeWeights(() =>
        {
            if (Adapter is not null) throw new InvalidOperationException($"'{Key}' has an adapter already: detach it first");
            Adapter = Add(key, adapter);
            adapter.IsSavedApart = isSavedApart;
        });
    }

    /// <summary>Detaches the adapter; it keeps its weights.</summary>
    /// <returns>The detached adapter; null for none.</returns>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward of the model.</exception>
    public Layer<Variable>? Detach()
    {
        var detached = Adapter;
        if (detached is null) return null;
        ChangeWeights(() =>
        {
            Remove(detached);
            Adapter = null;
        });
        return detached;
    }

    /// <inheritdoc/>
    protected sealed override Variable Compute(Variable x)
    {
        if (Adapter is not { } adapter) return ComputeOwn(x);
        return adapter.Forward(ComputeOwn(adapter is IInputAdapter before ? before.AdaptInput(x) : x), x);
    }

    /// <summary>The layer's output without the adapter.</summary>
    protected abstract Variable ComputeOwn(Variable x);
}
