using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>SimCLR (Chen et al. 2020): <see cref="ContrastiveLoss"/> of features through a perceptron.</summary>
public sealed class ContrastiveViews : ViewMethod
{
    private readonly Projector projector;

    /// <summary>Makes the method for a trunk.</summary>
    /// <param name="features">How many features it makes.</param>
    /// <param name="projected">How many numbers are compared; 128 in the paper.</param>
    public ContrastiveViews(int features, int projected = 128) => projector = Add("projector", new Projector(features, features, projected));

    /// <summary>T of the loss.</summary>
    public double Temperature { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Variable Loss(Variable first, Variable second)
    {
        var (one, other) = projector.ForwardBoth(first, second);
        return ContrastiveLoss.Of(one, other, Temperature);
    }
}
