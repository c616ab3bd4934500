namespace Graft.Transfer;

/// <summary>How well the output of a stage suits a target, before anything is trained.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Width">D: how many pooled features it gives.</param>
/// <param name="LogMe">LogME of the classes.</param>
/// <param name="HScore">The H-score with a shrunk covariance.</param>
/// <param name="Probe">A linear probe by cross-validation.</param>
public sealed record StageScore(string Stage, int Width, double LogMe, double HScore, LinearProbeScore Probe)
{
    /// <summary>Measures a stage.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="features">Its pooled features [N, D].</param>
    /// <param name="labels">Each example's class [N], from 0.</param>
    /// <param name="seed">The seed of the probe's folds.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There are not as many labels as examples, all examples are of one class, or all features are 0.</exception>
    public static StageScore Of(string stage, FeatureMatrix features, IReadOnlyList<int> labels, ulong seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        return new StageScore(
            stage, features.Width, Transfer.LogMe.OfClasses(features, labels), Transfer.HScore.Shrunk(features, labels),
            LinearProbe.CrossValidate(features, labels, seed: seed, cancellation: cancellation));
    }
}
