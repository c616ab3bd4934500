using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Tells the source from the target by features: two hidden layers with rectified linear units, and a logit that is above 0 for the source.</summary>
public sealed class DomainDiscriminator : Module
{
    private readonly Linear first, second, third;

    /// <summary>Makes one.</summary>
    /// <param name="features">How many features there are.</param>
    /// <param name="hidden">How wide the hidden layers are; 1,024 in the paper of DANN and after it.</param>
    public DomainDiscriminator(int features, int hidden = 1024)
    {
        first = Add("layer1", new Linear(features, hidden));
        second = Add("layer2", new Linear(hidden, hidden));
        third = Add("layer3", new Linear(hidden, 1));
    }

    /// <summary>[n, features] to [n]: the logits of being of the source.</summary>
    public Variable Forward(Variable features)
    {
        var logits = third.Forward(second.Forward(first.Forward(features, Activation.Relu), Activation.Relu));
        return logits.Reshape([logits.Shape[0]]);
    }

    /// <summary>The same for features that learn by it while the discriminator does not.</summary>
    internal Variable ForwardAsIs(Variable features)
    {
        var pass = features.Pass;
        var logits = Fixed(Fixed(Fixed(features, first).Relu(), second).Relu(), third);
        return logits.Reshape([logits.Shape[0]]);

        Variable Fixed(Variable x, Linear layer) => x.Linear(pass.Of(layer.Weight).Detach(), pass.Of(layer.Bias!).Detach());
    }

    /// <summary>The mean binary cross-entropy of telling the domains apart.</summary>
    /// <param name="source">[n, features].</param>
    /// <param name="target">[m, features].</param>
    /// <param name="weights">How much each example counts, those of the source first; empty for all alike.</param>
    public Variable Loss(Variable source, Variable target, ReadOnlySpan<float> weights = default)
    {
        DomainShapes.Require("domain discriminator", source, target);
        int n = source.Shape[0], rows = n + target.Shape[0];
        var labels = new float[rows];
        labels.AsSpan(0, n).Fill(1f);
        var logits = Forward(Variable.Concat([source, target]));
        if (weights.IsEmpty) return logits.BinaryCrossEntropyWithLogits(labels);
        // so that they are 1 in the mean
        float total = 0;
        foreach (float weight in weights) total += weight;
        float[] shares = weights.ToArray();
        for (int row = 0; row < shares.Length; row++) shares[row] *= rows / total;
        return logits.BinaryCrossEntropyWithLogits(labels, shares);
    }
}
