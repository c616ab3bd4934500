using Graft.Autograd;

namespace Graft.Models;

/// <summary>Normalises the last axis (PyTorch's <c>LayerNorm</c>): <c>weight</c> [D], <c>bias</c> [D]. The files of BERT's first years
/// call them <c>gamma</c> and <c>beta</c>.</summary>
internal sealed class LayerNorm : Layer
{
    private readonly float epsilon;
    private readonly ModuleParameter weight;
    private readonly ModuleParameter bias;

    public LayerNorm(int width, float epsilon = 1e-5f)
    {
        this.epsilon = epsilon;
        weight = Add("weight", [width], Initialiser.Ones);
        bias = Add("bias", [width], Initialiser.Zeros);
        AddAlias("gamma", weight);
        AddAlias("beta", bias);
    }

    private protected override Variable Compute(Variable x) => LayerNormFunction.Apply(x, x.Pass.Of(weight), x.Pass.Of(bias), epsilon);
}
