using Graft.Autograd;

namespace Graft.Models;

/// <summary>In a training pass, sets each element to 0 with a probability p and divides the others by 1 - p (PyTorch's
/// <c>Dropout</c>; Srivastava et al. 2014). The draw is the pass's seed's and the module's key's.</summary>
public sealed class Dropout(float probability) : Layer
{
    private string? stream;

    /// <summary>Whether it drops anything in this pass.</summary>
    internal bool IsActive(Pass pass) => pass.IsTraining && probability > 0;

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) =>
        IsActive(x.Pass) ? x.Dropout(probability, stream ??= Key) : x;
}
