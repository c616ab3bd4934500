using Graft.Autograd;

namespace Graft.Models;

/// <summary>y = x weight^T + bias over the last axis (PyTorch's <c>Linear</c>): <c>weight</c> [O, K], <c>bias</c> [O].</summary>
internal sealed class Linear : Layer
{
    private readonly ModuleParameter weight;
    private readonly ModuleParameter bias;

    public Linear(int inputs, int outputs, Initialiser? initialiser = null, Initialiser? biasInitialiser = null)
    {
        weight = Add("weight", [outputs, inputs], initialiser ?? Initialiser.UniformByFanIn(inputs));
        bias = Add("bias", [outputs], biasInitialiser ?? Initialiser.UniformByFanIn(inputs));
    }

    private protected override Variable Compute(Variable x) => LinearFunction.Apply(x, x.Pass.Of(weight), x.Pass.Of(bias));
}
