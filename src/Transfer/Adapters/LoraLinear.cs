using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>LoRA beside a linear layer: y + scaling * (x A^T) B^T; <c>lora_A.weight</c> [r, K], <c>lora_B.weight</c> [O, r].</summary>
internal sealed class LoraLinear : LayerAdapter
{
    private readonly Linear layer;
    private readonly Parameter a;
    private readonly Parameter b;
    private readonly float scaling;
    private readonly float dropout;
    private string? stream;

    public LoraLinear(Linear layer, int rank, float scaling, float dropout)
    {
        (this.layer, this.scaling, this.dropout) = (layer, scaling, dropout);
        int inputs = layer.Weight.Shape[layer.IsTransposed ? 0 : 1], outputs = layer.Weight.Shape[layer.IsTransposed ? 1 : 0];
        // kaiming_uniform_ with a = sqrt(5) is uniform within 1 / sqrt(fan_in)
        a = AddParameter("lora_A.weight", [rank, inputs], Initialiser.UniformByFanIn(inputs));
        b = AddParameter("lora_B.weight", [outputs, rank], Initialiser.Zeros);
    }

    public override bool IsTransposed => layer.IsTransposed;

    public override IReadOnlyList<(Parameter Parameter, float[] Numbers)> Merged() =>
        [(layer.Weight, LowRankProduct.AddedTo(layer.Weight, b, a, scaling, layer.IsTransposed))];

    protected override Variable Compute(Variable x, Variable inputs)
    {
        var pass = x.Pass;
        if (pass.IsTraining && dropout > 0) inputs = inputs.Dropout(dropout, stream ??= $"{Key}.lora_dropout");
        // scaled where it is r wide
        return x + (inputs.Linear(pass.Of(a)) * scaling).Linear(pass.Of(b));
    }
}
