using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Maximum classifier discrepancy (MCD; Saito et al. 2018): a second classifier learns the source's labels too; where the two disagree on the target they are
/// to disagree more, and the features less.</summary>
/// <remarks>The three steps of the paper are one, with a reversed gradient between the classifiers and the features, as in the authors' code for segmentation.</remarks>
public sealed class ClassifierDiscrepancy : DomainMethod
{
    private readonly Linear second;
    private readonly int features;

    /// <summary>Makes the method for a model.</summary>
    /// <param name="features">How many features go into the model's head.</param>
    /// <param name="classes">How many classes there are.</param>
    public ClassifierDiscrepancy(int features, int classes)
    {
        this.features = features;
        second = Add("classifier", new Linear(features, classes));
    }

    /// <summary>What the discrepancy is multiplied by; 1 in the paper.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>The mean of |p - q| over rows and classes, p and q the probabilities of two classifiers.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="others">[rows, classes].</param>
    public static Variable Of(Variable logits, Variable others)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(others);
        return logits.Softmax().MeanAbsoluteError(others.Softmax());
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The model's head looks at a map, or the loss of the labels is not known.</exception>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (step.SourceFeatures.Shape[^1] != features) ShapeException.Throw("MCD", $"features {step.SourceFeatures.Shape}", $"it was made for {features} features");
        if (step.Head is not { } head || step.Labelled is not { } labelled)
            throw new ArgumentException("two classifiers need a head that looks at features, and the loss of labels: choose another method for this model", nameof(step));
        var turned = GradientReversal.Apply(step.TargetFeatures, Strength);
        return labelled(second.Forward(step.SourceFeatures)) - Of(head(turned), second.Forward(turned));
    }
}
