using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A tensor of an adapter's file.</summary>
/// <param name="Key">Its key in the file, without what PEFT puts before all of them.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Read">Gives its numbers.</param>
/// <param name="Fill">Takes its numbers.</param>
internal sealed record AdapterTensor(string Key, Shape Shape, Func<float[]> Read, Action<float[]> Fill);

/// <summary>A place in a model with the adapter that is made for it.</summary>
internal abstract class AdapterSlot
{
    /// <summary>The key of the layer.</summary>
    public abstract string Key { get; }

    /// <summary>What learns.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>What the file has of it.</summary>
    public abstract IReadOnlyList<AdapterTensor> Tensors { get; }

    /// <summary>Whether the layer keeps its weight as [K, O].</summary>
    public virtual bool IsTransposed => false;

    /// <summary>Whether weights of the layer can take the adapter in.</summary>
    public virtual bool IsMergeable => true;

    /// <summary>Puts the adapter into the model.</summary>
    public abstract void Put();

    /// <summary>Takes it out.</summary>
    public abstract void Take();

    /// <summary>The layer's parameters as they would be with the adapter inside; null where nothing can take the adapter in.</summary>
    public abstract IReadOnlyList<(Parameter Parameter, float[] Numbers)>? Merged();

    /// <summary>A parameter's own tensor.</summary>
    private protected static AdapterTensor Of(string key, Parameter parameter) =>
        new(key, parameter.Shape, () => parameter.Value.ToArray(), numbers => parameter.Fill(numbers.CopyTo));
}

/// <summary>An adapter beside a layer.</summary>
internal sealed class LayerSlot : AdapterSlot
{
    private readonly AdaptableLayer layer;

    public LayerSlot(string key, AdaptableLayer layer, LayerAdapter adapter)
    {
        (Key, this.layer, Adapter) = (key, layer, adapter);
        Parameters = [.. adapter.Parameters()];
        Tensors = [.. Parameters.Select(parameter => Of($"{key}.{parameter.Name}", parameter))];
    }

    public override string Key { get; }

    public LayerAdapter Adapter { get; }

    public override IReadOnlyList<Parameter> Parameters { get; }

    public override IReadOnlyList<AdapterTensor> Tensors { get; }

    public override bool IsTransposed => Adapter.IsTransposed;

    public Parameter? Bias => layer switch { Linear linear => linear.Bias, Conv2d convolution => convolution.Bias, _ => null };

    public override void Put() => layer.Attach("", Adapter, isSavedApart: true);

    public override void Take() => layer.Detach();

    public override IReadOnlyList<(Parameter Parameter, float[] Numbers)> Merged() => Adapter.Merged();
}
