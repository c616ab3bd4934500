using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>DoRA beside a linear layer: g (W x + scaling * B A x) + bias with g = m / |W + scaling * B A| for each output;
/// <c>lora_magnitude_vector</c> [O] is m.</summary>
internal sealed class DoraLinear : LoraLinear
{
    private readonly Linear layer;
    private readonly Parameter magnitude;

    public DoraLinear(Linear layer, int rank, float scaling, float dropout) : base(layer, rank, scaling, dropout)
    {
        this.layer = layer;
        magnitude = DoraNorm.Begin(AddParameter(DoraNorm.Key, [layer.Outputs], Initialiser.Ones), layer.Weight, layer.IsTransposed);
    }

    protected override Parameter Magnitude => magnitude;

    protected override Variable Combine(Variable x, Variable inputs, Variable low, bool isDropped)
    {
        var pass = x.Pass;
        var weight = pass.Of(layer.Weight);
        if (layer.IsTransposed) weight = weight.Permute(DoraNorm.Swapped);
        var product = pass.Of(B).Detach().Linear(pass.Of(A).Detach().Permute(DoraNorm.Swapped)) * Scaling;
        var factors = DoraNorm.Factors(pass.Of(magnitude), weight.Detach() + product);
        // what the layer itself made, of the inputs that are left
        var own = isDropped ? inputs.Linear(weight) : layer.Bias is null ? x : x - pass.Of(layer.Bias);
        return x + own * (factors - 1f) + low * factors;
    }
}
