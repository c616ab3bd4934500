namespace Graft.Transfer;

/// <summary>Scores of a source model by its own answers to the target's examples: LEEP and NCE. Both are mean log-likelihoods, 0 at most; the higher the
/// better.</summary>
public static class Leep
{
    /// <summary>LEEP: the mean log-likelihood of a classifier that draws a source class from the source's probabilities and a target class from what is
    /// observed with it (Nguyen et al. 2020).</summary>
    /// <param name="probabilities">The source head's probabilities [N, Z], each row of sum 1.</param>
    /// <param name="labels">Each example's class [N], from 0. All of one class give 0.</param>
    /// <exception cref="ArgumentException">There are not as many labels as examples, or a row is no distribution.</exception>
    public static double Of(FeatureMatrix probabilities, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        var classes = ClassLabels.Of(labels, probabilities.Examples, leastClasses: 1);
        int sources = probabilities.Width;
        double[] joint = new double[classes.Classes * sources], marginal = new double[sources];
        for (int example = 0; example < probabilities.Examples; example++)
        {
            var row = probabilities[example];
            double sum = 0;
            foreach (double share in row) sum += share >= 0 ? share : double.NaN;
            if (!(Math.Abs(sum - 1) < 1e-3)) throw new ArgumentException($"row {example} is no distribution: its sum is {sum}", nameof(probabilities));
            Doubles.AddScaled(1, row, joint.AsSpan(classes.Numbers[example] * sources, sources));
            Doubles.AddScaled(1, row, marginal);
        }
        double total = 0;
        for (int example = 0; example < probabilities.Examples; example++)
        {
            double likelihood = 0;
            for (int source = 0; source < sources; source++)
                if (marginal[source] > 0) likelihood += joint[classes.Numbers[example] * sources + source] / marginal[source] * probabilities[example][source];
            total += Math.Log(likelihood);
        }
        return total / probabilities.Examples;
    }

    /// <summary>NCE: the negative conditional entropy -H(Y|Z) of the target's classes given the source's (Tran et al. 2019).</summary>
    /// <param name="sources">The source class of each example [N], as a source head answers it.</param>
    /// <param name="labels">Each example's class [N], from 0. All of one class give 0.</param>
    /// <exception cref="ArgumentException">They are not equally many, or there are none.</exception>
    public static double ConditionalEntropy(IReadOnlyList<int> sources, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0) throw new ArgumentException("there are no examples to measure", nameof(labels));
        ClassLabels from = ClassLabels.Of(sources, sources.Count, leastClasses: 1), to = ClassLabels.Of(labels, sources.Count, leastClasses: 1);
        var joint = new int[from.Classes, to.Classes];
        for (int example = 0; example < sources.Count; example++) joint[from.Numbers[example], to.Numbers[example]]++;
        double sum = 0;
        for (int source = 0; source < from.Classes; source++)
            for (int label = 0; label < to.Classes; label++)
                if (joint[source, label] is > 0 and var count) sum += count * Math.Log((double)count / from.Counts[source]);
        return sum / sources.Count;
    }
}
