using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>DoRA beside a convolution of one group, as <see cref="DoraLinear"/>: <c>lora_magnitude_vector</c> [1, O, 1, 1].</summary>
internal sealed class DoraConv2d : LoraConv2d
{
    private readonly Conv2d layer;
    private readonly Parameter magnitude;

    public DoraConv2d(Conv2d layer, int rank, float scaling, float dropout) : base(layer, rank, scaling, dropout)
    {
        this.layer = layer;
        magnitude = DoraNorm.Begin(AddParameter(DoraNorm.Key, [1, layer.Weight.Shape[0], 1, 1], Initialiser.Ones), layer.Weight, isTransposed: false);
    }

    protected override Parameter Magnitude => magnitude;

    protected override Variable Combine(Variable x, Variable inputs, Variable low, bool isDropped)
    {
        var pass = x.Pass;
        int outputs = layer.Weight.Shape[0], rank = A.Shape[0], window = (int)(layer.Weight.Shape.ElementCount / outputs);
        var weight = pass.Of(layer.Weight);
        var product = pass.Of(B).Detach().Reshape([outputs, rank]).Linear(pass.Of(A).Detach().Reshape([rank, window]).Permute(DoraNorm.Swapped)) * Scaling;
        var factors = DoraNorm.Factors(pass.Of(magnitude), weight.Detach().Reshape([outputs, window]) + product).Reshape([1, outputs, 1, 1]);
        var own = isDropped ? inputs.Conv2d(weight, null, layer.Geometry)
            : layer.Bias is null ? x : x - pass.Of(layer.Bias).Reshape([1, outputs, 1, 1]);
        return x + own * (factors - 1f) + low * factors;
    }
}
