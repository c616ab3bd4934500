namespace Graft.Transfer;

/// <summary>How often each class was taken for each (scikit-learn's <c>confusion_matrix</c>).</summary>
public sealed class ConfusionMatrix
{
    private readonly int[] counts;

    private ConfusionMatrix(int[] counts, int classes) => (this.counts, Classes) = (counts, classes);

    /// <summary>Counts.</summary>
    /// <param name="expected">The right classes [N].</param>
    /// <param name="predicted">The predicted classes [N].</param>
    /// <param name="classes">C: how many classes there are.</param>
    /// <exception cref="ArgumentException">There are not as many on both sides, or one is no class.</exception>
    public static ConfusionMatrix Of(ReadOnlySpan<int> expected, ReadOnlySpan<int> predicted, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (expected.Length != predicted.Length) throw new ArgumentException($"there are {expected.Length} right classes and {predicted.Length} predicted ones", nameof(predicted));
        var counts = new int[classes * classes];
        for (int i = 0; i < expected.Length; i++)
        {
            if ((uint)expected[i] >= (uint)classes || (uint)predicted[i] >= (uint)classes)
                throw new ArgumentException($"example {i} is of the class {expected[i]} and was taken for {predicted[i]}; there are {classes}, 0 to {classes - 1}", nameof(expected));
            counts[expected[i] * classes + predicted[i]]++;
        }
        return new ConfusionMatrix(counts, classes);
    }

    /// <summary>How many classes there are.</summary>
    public int Classes { get; }

    /// <summary>How many examples of a class were taken for another or for itself.</summary>
    /// <param name="expected">The right class.</param>
    /// <param name="predicted">The predicted one.</param>
    public int this[int expected, int predicted] =>
        (uint)expected < (uint)Classes && (uint)predicted < (uint)Classes ? counts[expected * Classes + predicted]
            : throw new ArgumentOutOfRangeException(nameof(predicted), $"there are {Classes} classes, 0 to {Classes - 1}, and not ({expected}, {predicted})");

    /// <summary>How many examples there are.</summary>
    public int Examples => counts.Sum();

    /// <summary>The share that is right; NaN without examples.</summary>
    public double Accuracy => (double)Enumerable.Range(0, Classes).Sum(one => this[one, one]) / Examples;

    /// <summary>The share of a class's examples that was found; NaN where it has none.</summary>
    /// <param name="label">The class.</param>
    public double Recall(int label) => (double)this[label, label] / Enumerable.Range(0, Classes).Sum(other => this[label, other]);

    /// <summary>The share of the answers of a class that is right; NaN where it was never answered.</summary>
    /// <param name="label">The class.</param>
    public double Precision(int label) => (double)this[label, label] / Enumerable.Range(0, Classes).Sum(other => this[other, label]);
}
