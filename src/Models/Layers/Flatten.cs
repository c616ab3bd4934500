using Graft.Autograd;

namespace Graft.Models;

/// <summary>Several axes as one (PyTorch's <c>Flatten</c>): [N, C, H, W] to [N, C H W].</summary>
/// <param name="first">The first of the axes.</param>
/// <param name="last">The last of the axes; -1 for the last.</param>
public sealed class Flatten(int first = 1, int last = -1) : Layer
{
    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => x.Flatten(first, last);
}
