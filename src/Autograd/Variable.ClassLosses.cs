using Graft.Tensors;

namespace Graft.Autograd;

// losses of classes that do not count alike: means over a batch, of shape []
public sealed partial class Variable
{
    /// <summary>The cross-entropy of logits [rows, classes] with classes that count unequally (PyTorch's <c>cross_entropy</c> with <c>weight</c>): the sum of the rows'
    /// weighted losses over the sum of their labels' weights. A negative label does not count.</summary>
    /// <param name="labels">The class indices [rows].</param>
    /// <param name="classWeights">What each class counts, 0 or more.</param>
    /// <param name="labelSmoothing">How much of the target is spread over all classes, 0 to 1; each counts by its own weight there.</param>
    /// <exception cref="ShapeException">Not as many labels as rows, or as many weights as classes.</exception>
    /// <exception cref="ArgumentException">A label beyond the classes, no label that counts, a weight that is none, or a smoothing outside [0, 1].</exception>
    public Variable CrossEntropy(ReadOnlySpan<int> labels, ReadOnlySpan<float> classWeights, float labelSmoothing = 0f)
    {
        const string Operation = "cross_entropy";
        _ = CrossEntropyFunction.Count(Operation, Shape, labels);
        if (!(labelSmoothing is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(labelSmoothing), labelSmoothing, "cross_entropy: the label smoothing lies in [0, 1]");
        float sum = WeightOf(Operation, labels, classWeights);
        int classes = Shape[1];
        var targets = new float[labels.Length * classes];
        for (int row = 0; row < labels.Length; row++)
        {
            if (labels[row] < 0) continue;
            var target = targets.AsSpan(row * classes, classes);
            for (int i = 0; i < classes; i++) target[i] = classWeights[i] * labelSmoothing / classes / sum;
            target[labels[row]] += classWeights[labels[row]] * (1f - labelSmoothing) / sum;
        }
        return -(LogSoftmax() * Pass.Untracked(Pass.Upload<float>(Shape, targets))).Sum();
    }

    /// <summary>The cross-entropy of logits [rows, classes] with a share of every class a row (PyTorch's <c>cross_entropy</c> with probabilities, timm's
    /// <c>SoftTargetCrossEntropy</c>), a mean over rows.</summary>
    /// <param name="targets">The shares [rows, classes], row-major.</param>
    /// <exception cref="ShapeException">The input is not [rows, classes], or there are not as many shares as elements.</exception>
    public Variable SoftCrossEntropy(ReadOnlySpan<float> targets)
    {
        if (Shape.Rank != 2 || Shape[0] == 0) ShapeException.Throw("soft_cross_entropy", $"logits {Shape}", "the logits have to be [rows, classes], with at least one row");
        return (LogSoftmax() * Targets(targets, "soft_cross_entropy")).Sum() * (-1f / Shape[0]);
    }

    /// <summary>The focal loss of logits [rows, classes] (Lin et al. 2017): the mean of -w (1 - p)^gamma ln p over rows, p the probability of the row's label and w its
    /// class's weight, by which the mean is taken too. A negative label does not count.</summary>
    /// <param name="labels">The class indices [rows].</param>
    /// <param name="gamma">How little what is known already counts; 0 makes it the cross-entropy.</param>
    /// <param name="classWeights">What each class counts (the paper's alpha); empty where all count alike.</param>
    /// <exception cref="ShapeException">Not as many labels as rows, or as many weights as classes.</exception>
    /// <exception cref="ArgumentException">A label beyond the classes, no label that counts, a weight that is none, or a gamma below 0.</exception>
    public Variable FocalLoss(ReadOnlySpan<int> labels, float gamma = 2f, ReadOnlySpan<float> classWeights = default)
    {
        const string Operation = "focal_loss";
        int counted = CrossEntropyFunction.Count(Operation, Shape, labels), classes = Shape[1];
        if (!(gamma >= 0 && float.IsFinite(gamma))) throw new ArgumentOutOfRangeException(nameof(gamma), gamma, "focal_loss: gamma is 0 or more and finite");
        float sum = classWeights.IsEmpty ? counted : WeightOf(Operation, labels, classWeights);
        var places = new int[counted];
        var weights = new float[counted];
        for (int row = 0, at = 0; row < labels.Length; row++)
        {
            if (labels[row] < 0) continue;
            weights[at] = (classWeights.IsEmpty ? 1f : classWeights[labels[row]]) / sum;
            places[at++] = row * classes + labels[row];
        }
        var terms = LogSoftmax().Reshape([checked((int)Shape.ElementCount), 1]).Embedding(places, [counted]).Map(new FocalTerm(gamma));
        return (terms * Pass.Untracked(Pass.Upload<float>(terms.Shape, weights))).Sum();
    }

    /// <summary>How much all rows count together.</summary>
    private float WeightOf(string operation, ReadOnlySpan<int> labels, ReadOnlySpan<float> classWeights)
    {
        if (classWeights.Length != Shape[1])
            ShapeException.Throw(operation, $"class weights [{classWeights.Length}] do not fit logits {Shape}", $"there has to be one for each of the {Shape[1]} classes");
        int odd = classWeights.IndexOfAnyExceptInRange(0f, float.MaxValue);
        if (odd >= 0) throw new ArgumentException($"{operation}: the weight {classWeights[odd]} of class {odd} is not 0 or more and finite");
        double sum = 0;
        foreach (int label in labels)
            if (label >= 0) sum += classWeights[label];
        return sum > 0 ? (float)sum : throw new ArgumentException($"{operation}: the classes of all rows have the weight 0, so there is no mean");
    }
}
