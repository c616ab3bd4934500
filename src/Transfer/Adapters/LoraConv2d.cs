using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>LoRA beside a convolution of one group: a convolution to r channels with the layer's own window, then one of a single pixel;
/// <c>lora_A.weight</c> [r, C, KH, KW], <c>lora_B.weight</c> [O, r, 1, 1].</summary>
internal class LoraConv2d : LoraAdapter
{
    private readonly Conv2d layer;

    public LoraConv2d(Conv2d layer, int rank, float scaling, float dropout) : base(layer.Weight, scaling, dropout)
    {
        this.layer = layer;
        var shape = layer.Weight.Shape;
        A = AddParameter("lora_A.weight", [rank, shape[1], shape[2], shape[3]], Initialiser.UniformByFanIn(shape[1] * shape[2] * shape[3]));
        B = AddParameter("lora_B.weight", [shape[0], rank, 1, 1], Initialiser.Zeros);
    }

    public override Parameter A { get; }

    public override Parameter B { get; }

    protected override Variable Narrow(Variable inputs) => inputs.Conv2d(inputs.Pass.Of(A), null, layer.Geometry);

    protected override Variable Widen(Variable narrow) => narrow.Conv2d(narrow.Pass.Of(B));
}
