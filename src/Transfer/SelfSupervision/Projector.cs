using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>A perceptron behind a trunk: a linear map, a batch norm, rectified linear units, and a linear map.</summary>
internal sealed class Projector : Module
{
    private readonly Linear first, second;
    private readonly BatchNorm2d norm;

    public Projector(int features, int hidden, int projected)
    {
        first = Add("layer1", new Linear(features, hidden, hasBias: false));
        norm = Add("norm", new BatchNorm2d(hidden) { Policy = BatchNormPolicy.AlwaysBatchStatistics });
        second = Add("layer2", new Linear(hidden, projected));
    }

    /// <summary>[n, features] to [n, projected].</summary>
    public Variable Forward(Variable rows)
    {
        var hidden = first.Forward(rows);
        int n = hidden.Shape[0], width = hidden.Shape[1];
        return second.Forward(norm.Forward(hidden.Reshape([n, width, 1, 1]), Activation.Relu).Reshape([n, width]));
    }

    /// <summary>Two times [n, features] to two times [n, projected], in one run, so that the batch norm sees both views.</summary>
    public (Variable First, Variable Second) ForwardBoth(Variable one, Variable other)
    {
        ViewShapes.Require("projection", one, other);
        int n = one.Shape[0];
        var projected = Forward(Variable.Concat([one, other]));
        return (projected.Slice(0, 0, n), projected.Slice(0, n, n));
    }
}
