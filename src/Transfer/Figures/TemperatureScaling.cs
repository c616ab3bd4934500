namespace Graft.Transfer;

/// <summary>Temperature scaling: the one number by which logits are divided so that their probabilities fit best (Guo et al. 2017). No answer changes.</summary>
/// <param name="Temperature">The number: above 1 where the model was too sure of itself.</param>
/// <param name="LossBefore">The mean cross-entropy at temperature 1.</param>
/// <param name="LossAfter">The mean cross-entropy at the temperature.</param>
/// <param name="Steps">How many steps of Newton's method it took.</param>
public sealed record TemperatureScaling(double Temperature, double LossBefore, double LossAfter, int Steps)
{
    // where every answer is right the best temperature is 0, and where all are of chance it is infinite: neither is an answer
    private const double Lowest = 0.01, Highest = 100;

    private const int MostSteps = 100;

    /// <summary>Fits the temperature, from 0.01 to 100, to held-out examples: on those that were learnt from a model is surer than elsewhere. The loss is convex in
    /// the inverse of the temperature, whose minimum Newton's method finds, kept within a bracket.</summary>
    /// <param name="logits">A row of classes for each label [N, C].</param>
    /// <param name="labels">The right classes [N].</param>
    /// <exception cref="ArgumentException">There is not a row for each label, or a label is no class.</exception>
    public static TemperatureScaling Fit(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels)
    {
        int classes = Logits.Classes(logits, labels);
        double low = 1 / Highest, high = 1 / Lowest, inverse = 1;
        double before = At(logits, labels, classes, 1).Loss;
        int steps = 0;
        for (; steps < MostSteps && high - low > 1e-12 * high; steps++)
        {
            var (_, slope, curvature) = At(logits, labels, classes, inverse);
            if (slope > 0) high = inverse;
            else low = inverse;
            double next = inverse - slope / curvature;
            if (!(next > low && next < high)) next = (low + high) / 2;
            if (Math.Abs(next - inverse) <= 1e-12 * inverse) break;
            inverse = next;
        }
        return new TemperatureScaling(1 / inverse, before, At(logits, labels, classes, inverse).Loss, steps);
    }

    private static (double Loss, double Slope, double Curvature) At(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classes, double inverse)
    {
        double loss = 0, slope = 0, curvature = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            var row = logits.Slice(i * classes, classes);
            var (value, first, second) = Logits.LogSumExp(row, inverse);
            loss += value - inverse * row[labels[i]];
            slope += first - row[labels[i]];
            curvature += second;
        }
        return (loss / labels.Length, slope / labels.Length, curvature / labels.Length);
    }
}
