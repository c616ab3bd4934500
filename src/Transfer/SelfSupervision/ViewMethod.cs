using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>A method that learns from two views of each picture and from no label. What it has of layers of its own, a projection of the features, learns with the trunk and is
/// thrown away afterwards.</summary>
/// <remarks>Used by one training at a time, on its thread.</remarks>
public abstract class ViewMethod : Module
{
    /// <summary>The loss of a step.</summary>
    /// <param name="first">[n, features]: what the trunk makes of a view of each picture.</param>
    /// <param name="second">[n, features]: of another view of each.</param>
    /// <returns>One element.</returns>
    public abstract Variable Loss(Variable first, Variable second);
}

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
        // one run, so that batch norms see both views
        var (one, other) = projector.ForwardBoth(first, second);
        return ContrastiveLoss.Of(one, other, Temperature);
    }
}

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

/// <summary>A perceptron behind a trunk: a linear map, a batch norm, rectified linear units, and a linear map.</summary>
internal sealed class Projector : Module
{
    private readonly Linear first, second;
    private readonly BatchNorm2d norm;

    public Projector(int features, int hidden, int projected)
    {
        first = Add("layer1", new Linear(features, hidden, hasBias: false));
        norm = Add("norm", new BatchNorm2d(hidden));
        second = Add("layer2", new Linear(hidden, projected));
    }

    /// <summary>Two times [n, features] to two times [n, projected].</summary>
    public (Variable First, Variable Second) ForwardBoth(Variable one, Variable other)
    {
        ViewShapes.Require("projection", one, other);
        int n = one.Shape[0];
        var hidden = first.Forward(Variable.Concat([one, other]));
        int width = hidden.Shape[1];
        var projected = second.Forward(norm.Forward(hidden.Reshape([2 * n, width, 1, 1]), Activation.Relu).Reshape([2 * n, width]));
        return (projected.Slice(0, 0, n), projected.Slice(0, n, n));
    }
}
