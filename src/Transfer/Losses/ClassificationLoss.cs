using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>The loss of a classifier of one class an example: cross-entropy, smoothed, weighted by class, or focal.</summary>
public sealed class ClassificationLoss
{
    private readonly float[] weights = [];

    /// <summary>How much of the target is spread over all classes (Szegedy et al. 2016), in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>What each class counts; empty where all count alike.</summary>
    public IReadOnlyList<float> ClassWeights
    {
        get => weights;
        init => weights = [.. value];
    }

    /// <summary>Gamma of the focal loss (Lin et al. 2017), 0 or more; null for cross-entropy.</summary>
    public double? FocalGamma { get; init; }

    /// <summary>Whether it is the cross-entropy as it is.</summary>
    public bool IsPlain => LabelSmoothing == 0 && weights.Length == 0 && FocalGamma is null;

    /// <summary>The weights that make all classes count alike in all (scikit-learn's <c>compute_class_weight("balanced")</c>): n / (k n_c) for n examples of k classes,
    /// n_c of the class; 0 for one without examples.</summary>
    /// <param name="labels">Each example's class.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="ArgumentException">A label is none of the classes.</exception>
    public static float[] BalancedWeights(IReadOnlyList<int> labels, int classes)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var counts = new int[classes];
        foreach (int label in labels)
        {
            if ((uint)label >= (uint)classes) throw new ArgumentException($"the label {label} is none of the {classes} classes");
            counts[label]++;
        }
        double present = counts.Count(static count => count > 0);
        return Array.ConvertAll(counts, count => count == 0 ? 0f : (float)(labels.Count / (present * count)));
    }

    /// <summary>The mean loss over rows.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="labels">A class index for each row; a negative one does not count.</param>
    /// <exception cref="ArgumentException">The labels or settings do not fit, or focal loss is to be smoothed, which has no meaning.</exception>
    public Variable Of(Variable logits, ReadOnlySpan<int> labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        Validate();
        if (FocalGamma is { } gamma) return logits.FocalLoss(labels, (float)gamma, weights);
        return weights.Length > 0 ? logits.CrossEntropy(labels, weights, LabelSmoothing) : logits.CrossEntropy(labels, LabelSmoothing);
    }

    /// <summary>How far apart two answers to the same rows are that dropout made different (R-Drop; Liang et al. 2021): the mean of the two Kullback-Leibler divergences,
    /// a mean over rows.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="others">Those of a second run.</param>
    public static Variable Divergence(Variable logits, Variable others)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(others);
        Variable one = logits.LogSoftmax(), other = others.LogSoftmax();
        return ((one.Exp() - other.Exp()) * (one - other)).Sum() * (0.5f / logits.Shape[0]);
    }

    /// <summary>Refuses settings that contradict each other.</summary>
    /// <exception cref="ArgumentException">Focal loss is to be smoothed.</exception>
    public void Validate()
    {
        if (FocalGamma is not null && LabelSmoothing > 0) throw new ArgumentException("focal loss has whole labels: leave the label smoothing or the focal loss out");
    }
}
