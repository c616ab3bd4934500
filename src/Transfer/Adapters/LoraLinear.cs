using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>LoRA beside a linear layer: y + scaling * (x A^T) B^T; <c>lora_A.weight</c> [r, K], <c>lora_B.weight</c> [O, r].</summary>
internal class LoraLinear : LoraAdapter
{
    public LoraLinear(Linear layer, int rank, float scaling, float dropout) : base(layer.Weight, scaling, dropout)
    {
        IsTransposed = layer.IsTransposed;
        int inputs = layer.Inputs, outputs = layer.Outputs;
        // kaiming_uniform_ with a = sqrt(5) is uniform within 1 / sqrt(fan_in)
        A = AddParameter("lora_A.weight", [rank, inputs], Initialiser.UniformByFanIn(inputs));
        B = AddParameter("lora_B.weight", [outputs, rank], Initialiser.Zeros);
    }

    public override bool IsTransposed { get; }

    public override Parameter A { get; }

    public override Parameter B { get; }

    protected override Variable Narrow(Variable inputs) => inputs.Linear(inputs.Pass.Of(A));

    protected override Variable Widen(Variable narrow) => narrow.Linear(narrow.Pass.Of(B));
}
