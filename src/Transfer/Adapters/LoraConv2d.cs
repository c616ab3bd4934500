using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>LoRA beside a convolution of one group: a convolution to r channels with the layer's own window, then one of a single pixel;
/// <c>lora_A.weight</c> [r, C, KH, KW], <c>lora_B.weight</c> [O, r, 1, 1].</summary>
internal sealed class LoraConv2d : LayerAdapter
{
    private readonly Conv2d layer;
    private readonly Parameter a;
    private readonly Parameter b;
    private readonly float scaling;
    private readonly float dropout;
    private string? stream;

    public LoraConv2d(Conv2d layer, int rank, float scaling, float dropout)
    {
        (this.layer, this.scaling, this.dropout) = (layer, scaling, dropout);
        var shape = layer.Weight.Shape;
        a = AddParameter("lora_A.weight", [rank, shape[1], shape[2], shape[3]], Initialiser.UniformByFanIn(shape[1] * shape[2] * shape[3]));
        b = AddParameter("lora_B.weight", [shape[0], rank, 1, 1], Initialiser.Zeros);
    }

    public override IReadOnlyList<(Parameter Parameter, float[] Numbers)> Merged() =>
        [(layer.Weight, LowRankProduct.AddedTo(layer.Weight, b, a, scaling))];

    protected override Variable Compute(Variable x, Variable inputs)
    {
        var pass = x.Pass;
        if (pass.IsTraining && dropout > 0) inputs = inputs.Dropout(dropout, stream ??= $"{Key}.lora_dropout");
        return x + (inputs.Conv2d(pass.Of(a), null, layer.Geometry) * scaling).Conv2d(pass.Of(b));
    }
}
