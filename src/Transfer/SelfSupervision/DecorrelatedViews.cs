using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Barlow Twins (Zbontar et al. 2021): <see cref="BarlowTwins"/> of features through a perceptron.</summary>
public sealed class DecorrelatedViews : ViewMethod
{
    private readonly Projector projector;

    /// <summary>Makes the method for a trunk.</summary>
    /// <param name="features">How many features it makes.</param>
    /// <param name="projected">How many numbers are to have nothing to do with each other; the paper has 8,192 behind 2,048 features, and more are better.</param>
    public DecorrelatedViews(int features, int projected = 512) => projector = Add("projector", new Projector(features, projected, projected));

    /// <summary>lambda of the loss.</summary>
    public double Redundancy { get; init; } = 0.005;

    /// <summary>What the loss is multiplied by: it is a sum over pairs of numbers; 1/40 in the authors' code.</summary>
    public double Scale { get; init; } = 0.025;

    /// <inheritdoc/>
    public override Variable Loss(Variable first, Variable second)
    {
        var (one, other) = projector.ForwardBoth(first, second);
        return BarlowTwins.Of(one, other, Redundancy) * (float)Scale;
    }
}
