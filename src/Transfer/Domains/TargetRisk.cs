namespace Graft.Transfer;

/// <summary>What a model's mean loss on a target would be, from labels of the source alone: losses of examples that it has not learnt count by how much likelier each is in
/// the target (importance-weighted validation; Sugiyama et al. 2007), with a control variate against the spread of the weights (DEV; You et al. 2019).</summary>
/// <remarks>It is worth as much as its weights are: where the domains can be told apart without fail hardly an example of the source counts, and the estimate says little
/// (<see cref="EffectiveExamples"/>). It presumes that a label depends on the features in the same way in both domains.</remarks>
/// <param name="Risk">The estimate.</param>
/// <param name="Weighted">The same without the control variate.</param>
/// <param name="EffectiveExamples">How many examples of equal weight are worth as much as those that were weighted: (sum w)^2 / sum w^2.</param>
public sealed record TargetRisk(double Risk, double Weighted, double EffectiveExamples)
{
    /// <summary>Estimates it.</summary>
    /// <param name="source">Features of examples of the source that the model may have learnt from: a row each.</param>
    /// <param name="target">Features of the target's.</param>
    /// <param name="held">Features of examples of the source that it has not learnt from.</param>
    /// <param name="losses">The loss of each of those, or 1 where the model is wrong and 0 where it is right, for a share of errors.</param>
    /// <param name="strength">C of the logistic regression that tells the domains apart, on standardised features.</param>
    /// <exception cref="ArgumentException">There are too few examples, or not as many losses as examples that were held out.</exception>
    public static TargetRisk Estimate(
        IReadOnlyList<float[]> source, IReadOnlyList<float[]> target, IReadOnlyList<float[]> held, IReadOnlyList<double> losses, double strength = 0.01)
    {
        ArgumentNullException.ThrowIfNull(held);
        ArgumentNullException.ThrowIfNull(losses);
        if (held.Count == 0 || held.Count != losses.Count) throw new ArgumentException($"{losses.Count} losses do not fit {held.Count} examples that were held out", nameof(losses));
        var (rows, labels) = ProxyDistance.Together(source, target);
        var features = new FeatureMatrix(rows);
        double[] means = features.Means(), deviations = features.Deviations(means);
        var probe = LinearProbe.Fit(features.Shifted(means, deviations), labels, strength);
        var kept = new FeatureMatrix(held).Shifted(means, deviations);
        var weights = new double[held.Count];
        for (int example = 0; example < weights.Length; example++)
        {
            // domains with as many examples: the odds are the ratio of densities
            double[] shares = probe.Probabilities(kept[example]);
            weights[example] = shares[1] / Math.Max(shares[0], LogisticFit.LeastProbability);
        }
        return Of(weights, losses);
    }

    /// <summary>The estimate by weights that are known.</summary>
    /// <param name="weights">How much likelier each example is in the target than in the source.</param>
    /// <param name="losses">The loss of each.</param>
    /// <exception cref="ArgumentException">There are not as many weights as losses, or none.</exception>
    public static TargetRisk Of(IReadOnlyList<double> weights, IReadOnlyList<double> losses)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(losses);
        int count = weights.Count;
        if (count == 0 || count != losses.Count) throw new ArgumentException($"{losses.Count} losses do not fit {count} weights", nameof(losses));
        double mean = weights.Average(), weighted = weights.Zip(losses, static (weight, loss) => weight * loss).Average();
        double variance = 0, covariance = 0;
        for (int i = 0; i < count; i++)
        {
            variance += (weights[i] - mean) * (weights[i] - mean);
            covariance += (weights[i] - mean) * (weights[i] * losses[i] - weighted);
        }
        double eta = variance > 0 ? -covariance / variance : 0, sum = weights.Sum();
        return new TargetRisk(weighted + eta * (mean - 1), weighted, sum * sum / weights.Sum(static weight => weight * weight));
    }
}
