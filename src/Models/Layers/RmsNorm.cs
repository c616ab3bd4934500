using Graft.Autograd;

namespace Graft.Models;

/// <summary>Divides the last axis by the root of its mean square (Zhang and Sennrich 2019; PyTorch's <c>RMSNorm</c>): <c>weight</c> [D].</summary>
public sealed class RmsNorm : Layer
{
    private readonly float epsilon;
    private readonly Parameter weight;

    /// <summary>Makes a norm.</summary>
    /// <param name="width">D.</param>
    /// <param name="epsilon">What is added to the mean square.</param>
    public RmsNorm(int width, float epsilon = 1e-6f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        this.epsilon = epsilon;
        weight = AddParameter("weight", [width], Initialiser.Ones);
    }

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => x.RmsNorm(x.Pass.Of(weight), epsilon);
}
