using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>What a step of adaptation sees: features and answers of labelled examples of the source and of unlabelled ones of the target, of one pass.</summary>
/// <param name="SourceFeatures">[n, features]: what goes into the head.</param>
/// <param name="SourceLogits">[n, classes].</param>
/// <param name="TargetFeatures">[m, features].</param>
/// <param name="TargetLogits">[m, classes].</param>
/// <param name="Progress">The share of the training that is done, in [0, 1].</param>
public sealed record DomainStep(Variable SourceFeatures, Variable SourceLogits, Variable TargetFeatures, Variable TargetLogits, double Progress)
{
    /// <summary>The run that they are part of.</summary>
    public Pass Pass => SourceFeatures.Pass;

    /// <summary>The answers to the target's examples in a stronger variation [m, classes]; null where <see cref="DomainMethod.WantsVariation"/> did not ask.</summary>
    public Variable? VariedLogits { get; init; }

    /// <summary>The model's head: features [rows, features] to answers [rows, classes]. Null where it looks at a map and not at features.</summary>
    public Func<Variable, Variable>? Head { get; init; }

    /// <summary>The loss of answers [n, classes] to the source's examples by their labels; null where it is not known.</summary>
    public Func<Variable, Variable>? Labelled { get; init; }

    /// <summary>Of features and answers of both domains one below the other, those of the source first.</summary>
    /// <param name="features">[n + m, features].</param>
    /// <param name="logits">[n + m, classes].</param>
    /// <param name="sources">n.</param>
    /// <param name="progress">The share of the training that is done.</param>
    /// <exception cref="ShapeException">They are no matrices of as many rows, more than those of the source.</exception>
    public static DomainStep Split(Variable features, Variable logits, int sources, double progress)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(logits);
        int rows = features.Shape[0];
        if (features.Shape.Rank != 2 || logits.Shape.Rank != 2 || logits.Shape[0] != rows || sources < 1 || sources >= rows)
            ShapeException.Throw(
                "domains", $"features {features.Shape} and answers {logits.Shape}, {sources} of the source",
                "both have a row for each example of the source and, behind those, of the target");
        return new DomainStep(
            features.Slice(0, 0, sources), logits.Slice(0, 0, sources), features.Slice(0, sources, rows - sources), logits.Slice(0, sources, rows - sources), progress);
    }
}

/// <summary>A method of unsupervised domain adaptation that adds to the loss of the source's labels. What it has of layers of its own, such as a discriminator, learns
/// with the model.</summary>
/// <remarks>Used by one training at a time, on its thread.</remarks>
public abstract class DomainMethod : Module
{
    /// <summary>Whether a step has the target's examples a second time, varied more strongly (<see cref="DomainStep.VariedLogits"/>).</summary>
    public virtual bool WantsVariation => false;

    /// <summary>Whether the source's features are those of the model as it was at first, and nothing is learnt of the source's labels any more.</summary>
    public virtual bool KeepsSource => false;

    /// <summary>What is added to the loss of a step.</summary>
    /// <param name="step">Features and answers of both domains.</param>
    /// <returns>One element.</returns>
    /// <exception cref="ShapeException">Features or classes are not those that the method was made for.</exception>
    public abstract Variable Loss(DomainStep step);
}
