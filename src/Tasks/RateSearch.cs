using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What a search for a learning rate found.</summary>
/// <param name="Curve">The losses by the head's rate.</param>
/// <param name="Phase">The phase of the fine-tuning that was tried.</param>
/// <param name="LearningFrom">The first stage that learns in it.</param>
/// <param name="RateFactor">What the recipe's rate is multiplied by for the head's in this phase: a rate of the curve is
/// <see cref="FineTuneOptions.LearningRate"/> times this.</param>
public sealed record RateSearch(RateCurve Curve, string Phase, string LearningFrom, double RateFactor)
{
    /// <summary>The recipe's rate that the valley of the curve suggests.</summary>
    /// <exception cref="InvalidOperationException">The curve is too short.</exception>
    public double LearningRate => Curve.Valley / RateFactor;
}
