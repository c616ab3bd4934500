using Graft.Autograd;

namespace Graft.Models;

/// <summary>Normalises the last axis (PyTorch's <c>LayerNorm</c>): <c>weight</c> [D], <c>bias</c> [D]. The files of BERT's first years
/// call them <c>gamma</c> and <c>beta</c>.</summary>
public sealed class LayerNorm : Layer
{
    private readonly float epsilon;
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Makes a norm.</summary>
    /// <param name="width">D.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    public LayerNorm(int width, float epsilon = 1e-5f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        this.epsilon = epsilon;
        weight = AddParameter("weight", [width], Initialiser.Ones);
        bias = AddParameter("bias", [width], Initialiser.Zeros);
        AddAlias("gamma", weight);
        AddAlias("beta", bias);
    }

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => x.LayerNorm(x.Pass.Of(weight), x.Pass.Of(bias), epsilon);
}
