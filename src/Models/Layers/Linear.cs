using Graft.Autograd;
using Graft.Tensors;

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

    /// <summary>The layer's output through an activation.</summary>
    public Variable Forward(Variable x, Activation activation) => Scoped(x, (Layer: this, activation), static (input, given) => given.Layer.Compute(input, given.activation));

    private Variable Compute(Variable x, Activation activation)
    {
        Variable w = x.Pass.Of(weight), b = x.Pass.Of(bias);
        return activation switch
        {
            Activation.Gelu => LinearFunction.ApplyThen(x, w, b, default(Gelu)),
            Activation.GeluTanh => LinearFunction.ApplyThen(x, w, b, default(GeluTanh)),
            Activation.Relu => LinearFunction.ApplyThen(x, w, b, default(Relu)),
            Activation.Silu => LinearFunction.ApplyThen(x, w, b, default(Silu)),
            Activation.Tanh => LinearFunction.ApplyThen(x, w, b, default(HyperbolicTangent)),
            _ => throw new ArgumentOutOfRangeException(nameof(activation)),
        };
    }

    private protected override Variable Compute(Variable x) => LinearFunction.Apply(x, x.Pass.Of(weight), x.Pass.Of(bias));
}
