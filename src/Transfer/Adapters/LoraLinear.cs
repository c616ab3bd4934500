using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>LoRA beside a linear layer: y + scaling * (x A^T) B^T; <c>lora_A.weight</c> [r, K], <c>lora_B.weight</c> [O, r].</summary>
internal sealed class LoraLinear : LoraAdapter
{
    public LoraLinear(Linear layer, int rank, float scaling, float dropout) : base(layer.Weight, scaling, dropout)
    {
        IsTransposed = layer.IsTransposed;
        int inputs = layer.Weight.Shape[IsTransposed ? 0 : 1], outputs = layer.Weight.Shape[IsTransposed ? 1 : 0];
        // kaiming_uniform_ with a = sqrt(5) is uniform within 1 / sqrt(fan_in)
        A = AddParameter("lora_A.weight", [rank, inputs], Initialiser.UniformByFanIn(inputs));
        B = AddParameter("lora_B.weight", [outputs, rank], Initialiser.Zeros);
    }

    public override bool IsTransposed { get; }

    protected override Parameter A { get; }

    protected override Parameter B { get; }

    protected override Variable Narrow(Variable inputs) => inputs.Linear(inputs.Pass.Of(A));

    protected override Variable Widen(Variable narrow) => narrow.Linear(narrow.Pass.Of(B));
}
