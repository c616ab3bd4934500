using Graft.Autograd;

namespace Graft.Models;

/// <summary>In a training pass, drops the branch of a residual block for some examples of a batch with a probability p and divides the
/// others by 1 - p (Huang et al. 2016; torchvision's <c>StochasticDepth</c> with <c>mode="row"</c>, timm's <c>DropPath</c>). Elsewhere the
/// branch as it is.</summary>
/// <param name="probability">The share of examples that do without the branch, from 0 to 1.</param>
public sealed class StochasticDepth(float probability) : Layer, IStochasticLayer
{
    private string? stream;

    /// <summary>The share of examples that do without the branch; 0 leaves it out of training too.</summary>
    public float Probability { get; set; } = probability;

    /// <inheritdoc/>
    public bool IsSilenced { get; set; }

    /// <summary>Whether it drops anything in this pass.</summary>
    internal bool IsActive(Pass pass) => pass.IsTraining && Probability > 0 && !IsSilenced;

    /// <inheritdoc/>
    protected override Variable Compute(Variable x)
    {
        var pass = x.Pass;
        if (!IsActive(pass)) return x;
        var kept = pass.Rent([x.Shape[0], .. Enumerable.Repeat(1, x.Shape.Rank - 1)]);
        pass.Device.Fill(kept, 1f);
        return x * pass.Constant(kept).Dropout(Probability, stream ??= Key);
    }
}
