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
    public abstract Parameter A { get; }

    /// <summary>[O, r...].</summary>
    public abstract Parameter B { get; }

    /// <summary>What the product is multiplied with.</summary>
    public float Scaling => scaling;

    /// <summary>What the outputs' lengths are learnt as; null where they follow from the sum.</summary>
    protected virtual Parameter? Magnitude => null;

    public sealed override IReadOnlyList<(Parameter Parameter, float[] Numbers)> Merged()
    {
        float[] merged = LowRankProduct.AddedTo(weight, B, A, scaling, IsTransposed);
        if (Magnitude is { } magnitude) DoraNorm.Scale(merged, magnitude.Value.ToArray(), IsTransposed);
        return [(weight, merged)];
    }

    protected sealed override Variable Compute(Variable x, Variable inputs)
    {
        bool isDropped = x.Pass.IsTraining && dropout > 0;
        if (isDropped) inputs = inputs.Dropout(dropout, stream ??= $"{Key}.lora_dropout");
        // scaled where it is r wide
        return Combine(x, inputs, Widen(Narrow(inputs) * scaling), isDropped);
    }

    /// <summary>The layer's output with the product's.</summary>
    /// <param name="x">What the layer made.</param>
    /// <param name="inputs">What the product was made of.</param>
    /// <param name="low">The scaled product's output.</param>
    /// <param name="isDropped">Whether some of the inputs were dropped.</param>
    protected virtual Variable Combine(Variable x, Variable inputs, Variable low, bool isDropped) => x + low;

    /// <summary>The input through A.</summary>
    protected abstract Variable Narrow(Variable inputs);

    /// <summary>That through B.</summary>
    protected abstract Variable Widen(Variable narrow);
}
