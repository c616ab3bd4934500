using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>A method that compares the features of two views of each picture.</summary>
public abstract class ViewMethod : PretrainingMethod
{
    /// <inheritdoc/>
    public sealed override int Views => 2;

    /// <inheritdoc/>
    public sealed override Variable Loss(ImageModel trunk, Variable pictures)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(pictures);
        // one run, so that batch norms see both views
        var features = trunk.Features(pictures);
        int n = features.Shape[0] / Views;
        return Loss(features.Slice(0, 0, n), features.Slice(0, n, n));
    }

    /// <summary>The loss of a step.</summary>
    /// <param name="first">[n, features]: what the trunk makes of a view of each picture.</param>
    /// <param name="second">[n, features]: of another view of each.</param>
    /// <returns>One element.</returns>
    public abstract Variable Loss(Variable first, Variable second);
}
