namespace Graft.Transfer;

/// <summary>Lowers the rates when evaluations no longer get better (PyTorch's <c>ReduceLROnPlateau</c> with a relative threshold). Each fit of a trainer begins
/// with the whole rates.</summary>
public sealed class ReduceOnPlateau : TrainingObserver, IResumable
{
    private readonly double factor, threshold, lowest;
    private readonly int patience, coolDown;
    private readonly string metric;
    private readonly bool largerIsBetter;
    private double best;
    private int since, cooling;

    /// <summary>Chooses what is watched, and how rates are lowered.</summary>
    /// <param name="factor">What the rates are multiplied by (<c>factor</c>), above 0 and below 1.</param>
    /// <param name="patience">After how many epochs in a row that are no better; the epoch after them lowers the rates, as in PyTorch.</param>
    /// <param name="metric">The name of a figure of <see cref="Evaluation.Metrics"/>.</param>
    /// <param name="largerIsBetter">Whether a larger figure is better, as of an accuracy; a smaller one is, as of a loss.</param>
    /// <param name="threshold">By which share a figure has to be better to count.</param>
    /// <param name="coolDown">How many epochs after a lowering are not counted.</param>
    /// <param name="lowest">The lowest share of the rates.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public ReduceOnPlateau(
        double factor = 0.1, int patience = 10, string metric = Metrics.Loss, bool largerIsBetter = false, double threshold = 1e-4, int coolDown = 0, double lowest = 0)
    {
        if (!(factor is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(factor), factor, "the factor is above 0 and below 1");
        ArgumentOutOfRangeException.ThrowIfNegative(patience);
        ArgumentException.ThrowIfNullOrEmpty(metric);
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        ArgumentOutOfRangeException.ThrowIfNegative(coolDown);
        ArgumentOutOfRangeException.ThrowIfNegative(lowest);
        (this.factor, this.patience, this.metric, this.largerIsBetter) = (factor, patience, metric, largerIsBetter);
        (this.threshold, this.coolDown, this.lowest) = (threshold, coolDown, lowest);
    }

    /// <summary>What the rates are multiplied by now, beside the schedule.</summary>
    public double Share { get; private set; } = 1;

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context) => (Share, best, since, cooling) = (1, double.NaN, 0, 0);

    /// <inheritdoc/>
    public override void StepStarting(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.RateFactor *= Share;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The epoch was not evaluated.</exception>
    /// <exception cref="KeyNotFoundException">The evaluation has no figure of that name.</exception>
    public override void EpochDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.LastEpoch!.Interrupted) return;
        var evaluation = context.LastEpoch.Validation
            ?? throw new InvalidOperationException("a plateau is one of evaluations and there are none: give Fit a validation, or leave the observer out");
        double value = evaluation.Metrics[metric];
        if (Better.Is(value, best, largerIsBetter, threshold)) (best, since) = (value, 0);
        else since++;
        if (cooling > 0) (cooling, since) = (cooling - 1, 0);
        if (since <= patience) return;
        Share = Math.Max(Share * factor, lowest);
        (cooling, since) = (coolDown, 0);
    }

    /// <inheritdoc/>
    public void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Number("share", Share);
        state.Number("best", best);
        state.WholeNumber("since", since);
        state.WholeNumber("cooling", cooling);
    }

    /// <inheritdoc/>
    public void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        (Share, best, since, cooling) = (state.Number("share"), state.Number("best"), state.Count("since"), state.Count("cooling"));
    }
}
