namespace Graft.Text;

/// <summary>How many of what was sought was found, and of what was found was sought; where there is nothing to divide by, 0.</summary>
/// <param name="Correct">How many were found and sought.</param>
/// <param name="Predicted">How many were found.</param>
/// <param name="Expected">How many were sought (the support).</param>
public readonly record struct PrecisionRecall(int Correct, int Predicted, int Expected)
{
    /// <summary>The share of what was found that was sought.</summary>
    public double Precision => Predicted == 0 ? 0 : (double)Correct / Predicted;

    /// <summary>The share of what was sought that was found.</summary>
    public double Recall => Expected == 0 ? 0 : (double)Correct / Expected;

    /// <summary>The harmonic mean of precision and recall.</summary>
    public double F1 => Predicted + Expected == 0 ? 0 : 2.0 * Correct / (Predicted + Expected);

    internal static PrecisionRecall Sum(IEnumerable<PrecisionRecall> parts)
    {
        var (correct, predicted, expected) = (0, 0, 0);
        foreach (var part in parts) (correct, predicted, expected) = (correct + part.Correct, predicted + part.Predicted, expected + part.Expected);
        return new PrecisionRecall(correct, predicted, expected);
    }
}
