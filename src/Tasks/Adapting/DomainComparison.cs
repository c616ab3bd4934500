using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What is known of a model on a domain of which nobody has said what its examples are.</summary>
/// <param name="Distance">How well source and target can be told apart by the model's features (<see cref="ProxyDistance"/>): 0 not at all, 2 always; null where no source
/// is at hand.</param>
/// <param name="Confidence">The mean of the target's largest probabilities.</param>
/// <param name="Entropy">The mean entropy of its answers.</param>
/// <param name="Shares">How often each class is the answer.</param>
/// <param name="Error">The share of errors that is to be expected (<see cref="TargetRisk"/>); null where nothing of the source was held out.</param>
public sealed record DomainComparison(double? Distance, double Confidence, double Entropy, IReadOnlyList<double> Shares, TargetRisk? Error)
{
    /// <summary>How much the target's answers tell of its examples, in nats: the entropy of their mean less the mean of their entropies (the mutual information of Shi and Sha 2012), 0
    /// where all are alike or none is sure, the logarithm of the number of classes where all are sure and each class is as frequent. Of several models that were adapted to classes which are
    /// about as frequent, the one with the most is a choice without labels.</summary>
    public double Information { get; init; }

    /// <summary>The most examples of a domain that are looked at.</summary>
    private const int MostCompared = 2000;

    /// <summary>Which of so many examples are looked at: all, or some that are evenly spread.</summary>
    internal static int[] Places(int examples)
    {
        int count = Math.Min(examples, MostCompared);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * examples / count))];
    }

    /// <summary>What answers and features tell.</summary>
    /// <param name="answers">The logits of the target.</param>
    /// <param name="source">Features of the source; null where none is at hand.</param>
    /// <param name="target">Those of the target.</param>
    /// <param name="held">Features of examples of the source that were held out, and whether each was answered wrongly; null for none.</param>
    /// <param name="cancellation">Ends the work.</param>
    internal static DomainComparison Of(float[][] answers, float[][]? source, float[][]? target, (float[][] Features, double[] Errors)? held, CancellationToken cancellation)
    {
        double[] shares = new double[answers[0].Length], mean = new double[answers[0].Length];
        double confidence = 0, entropy = 0;
        foreach (double[] logarithms in answers.Select(static row => ImageInference.LogSoftmax(row)))
        {
            int answer = Array.IndexOf(logarithms, logarithms.Max());
            shares[answer] += 1.0 / answers.Length;
            confidence += Math.Exp(logarithms[answer]) / answers.Length;
            for (int label = 0; label < mean.Length; label++)
            {
                double share = Math.Exp(logarithms[label]) / answers.Length;
                entropy -= share * logarithms[label];
                mean[label] += share;
            }
        }
        double information = Math.Max(0, -mean.Sum(static share => share > 0 ? share * Math.Log(share) : 0) - entropy);
        var alone = new DomainComparison(null, confidence, entropy, shares, null) { Information = information };
        if (source is null || target is null) return alone;
        return alone with
        {
            Distance = ProxyDistance.Of(source, target, cancellation: cancellation),
            Error = held is { } kept ? TargetRisk.Estimate(source, target, kept.Features, kept.Errors) : null,
        };
    }
}
