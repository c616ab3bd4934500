using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>LoRA beside a layer: two thin weights, <c>lora_A.weight</c> and <c>lora_B.weight</c>, whose scaled product is added to the layer's own.</summary>
/// <param name="weight">The layer's own weight.</param>
/// <param name="scaling">What the product is multiplied with.</param>
/// <param name="dropout">The share of the input that is dropped in training.</param>
internal abstract class LoraAdapter(Parameter weight, float scaling, float dropout) : LayerAdapter
{
    private string? stream;

    /// <summary>[r, K...].</summary>
    protected abstract Parameter A { get; }

    /// <summary>[O, r...].</summary>
    protected abstract Parameter B { get; }

    public sealed override IReadOnlyList<(Parameter Parameter, float[] Numbers)> Merged() => [(weight, LowRankProduct.AddedTo(weight, B, A, scaling, IsTransposed))];

    protected sealed override Variable Compute(Variable x, Variable inputs)
    {
        if (x.Pass.IsTraining && dropout > 0) inputs = inputs.Dropout(dropout, stream ??= $"{Key}.lora_dropout");
        // scaled where it is r wide
        return x + Widen(Narrow(inputs) * scaling);
    }

    /// <summary>The input through A.</summary>
    protected abstract Variable Narrow(Variable inputs);

    /// <summary>That through B.</summary>
    protected abstract Variable Widen(Variable narrow);
}
