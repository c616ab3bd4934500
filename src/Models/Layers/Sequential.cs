using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Layers in sequence, keyed 0, 1, 2 ... (PyTorch's <c>Sequential</c>).</summary>
public sealed class Sequential : Layer
{
    private readonly Layer[] layers;

    /// <summary>Makes a sequence of layers; an activation without parameters counts in the keys too, as in PyTorch.</summary>
    /// <exception cref="ArgumentException">A layer is a part of another module, or comes twice.</exception>
    public Sequential(params IEnumerable<Layer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        this.layers = [.. layers];
        for (int i = 0; i < this.layers.Length; i++) Add(i.ToString(CultureInfo.InvariantCulture), this.layers[i]);
    }

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) =>
        LayerScope.Chain(this.layers.AsSpan(), x, (object?)null, static (layer, input, _) => layer.Forward(input));
}
