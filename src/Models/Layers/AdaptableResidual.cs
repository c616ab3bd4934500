using Graft.Autograd;

namespace Graft.Models;

/// <summary>A layer whose output is added to a residual and, where there is a norm, normalised, with a slot for an adapter in front of that (Houlsby et al.
/// 2019; Pfeiffer et al. 2020).</summary>
public abstract class AdaptableResidual : Layer<Variable>
{
    private readonly string place;

    private protected AdaptableResidual(string place, int width, bool followsAttention) => (this.place, Width, FollowsAttention) = (place, width, followsAttention);

    /// <summary>How wide the output is.</summary>
    public int Width { get; }

    /// <summary>Whether it ends the attention of a layer; else its perceptron.</summary>
    public bool FollowsAttention { get; }

    /// <summary>The key, from the model's root, of the module that adapters are within.</summary>
    public string Place => KeyOf(place);

    /// <summary>The adapter; null for none.</summary>
    public Layer<ResidualInputs>? Adapter { get; private set; }

    /// <summary>Attaches an adapter: what joins the residual is then what <c>adapter.Forward(output, inputs)</c> gives.</summary>
    /// <param name="key">The adapter's key below <see cref="Place"/>.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="isSavedApart">Whether it has a file of its own, so that the model, while it is attached, has none (<see cref="Model.Save"/>).</param>
    /// <exception cref="InvalidOperationException">Another is attached, or the thread is in the middle of a forward of the model.</exception>
    public void Attach(string key, Layer<ResidualInputs> adapter, bool isSavedApart = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(adapter);
        ChangeWeights(() =>
        {
            if (Adapter is not null) throw new InvalidOperationException($"'{Place}' has an adapter already: detach it first");
            Adapter = Add(place.Length == 0 ? key : $"{place}.{key}", adapter);
            adapter.IsSavedApart = isSavedApart;
        });
    }

    /// <summary>Detaches the adapter; it keeps its weights.</summary>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward of the model.</exception>
    public void Detach()
    {
        if (Adapter is not { } detached) return;
        ChangeWeights(() =>
        {
            Remove(detached);
            Adapter = null;
        });
    }

    /// <summary>The output through the adapter, added to the residual and normalised.</summary>
    private protected Variable Join(Variable x, Variable residual, LayerNorm norm)
    {
        if (Adapter is not null) x = Adapter.Forward(x, new ResidualInputs(residual, norm));
        return norm.Forward(x + residual);
    }
}

/// <summary>What an adapter of a residual is given beside the output.</summary>
/// <param name="Residual">What the output is added to.</param>
/// <param name="Norm">The norm behind the sum.</param>
public readonly record struct ResidualInputs(Variable Residual, LayerNorm Norm);
