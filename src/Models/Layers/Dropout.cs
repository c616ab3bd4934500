using Graft.Autograd;

namespace Graft.Models;

/// <summary>In a training pass, sets each element to 0 with a probability p and divides the others by 1 - p (PyTorch's
/// <c>Dropout</c>; Srivastava et al. 2014). The draw is the pass's seed's and the module's key's.</summary>
/// <param name="probability">p, from 0 to 1.</param>
public sealed class Dropout(float probability) : Layer, IStochasticLayer
{
    private string? stream;

    /// <summary>p; 0 leaves it out of training too.</summary>
    public float Probability { get; set; } = probability;

    /// <inheritdoc/>
    public bool IsSilenced { get; set; }

    /// <summary>Whether it drops anything in this pass.</summary>
    internal bool IsActive(Pass pass) => pass.IsTraining && Probability > 0 && !IsSilenced;

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) =>
        IsActive(x.Pass) ? x.Dropout(Probability, stream ??= Key) : x;
}
