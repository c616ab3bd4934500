namespace Graft.Transfer;

/// <summary>Ends a fit when its evaluations no longer get better, and gives the models the weights of the best one (Keras's
/// <c>EarlyStopping</c> with <c>restore_best_weights</c>). Each fit of a trainer is watched by itself.</summary>
public sealed class EarlyStopping : TrainingObserver, IResumable, IDisposable
{
    private readonly int patience;
    private readonly string metric;
    private readonly bool largerIsBetter;
    private WeightCopies? best;
    private int since;

    /// <summary>Chooses what is watched.</summary>
    /// <param name="patience">After how many epochs in a row that are no better the fit ends; at least 1.</param>
    /// <param name="metric">The name of a figure of <see cref="Evaluation.Metrics"/>.</param>
    /// <param name="largerIsBetter">Whether a larger figure is better, as of an accuracy; a smaller one is, as of a loss.</param>
    public EarlyStopping(int patience, string metric = Metrics.Loss, bool largerIsBetter = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1);
        ArgumentException.ThrowIfNullOrEmpty(metric);
        (this.patience, this.metric, this.largerIsBetter) = (patience, metric, largerIsBetter);
    }

    /// <summary>The epoch with the best figure in the last fit; 0 before there is one.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>That figure.</summary>
    public double BestValue { get; private set; } = double.NaN;

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context) => (BestEpoch, BestValue, since) = (0, double.NaN, 0);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The epoch was not evaluated.</exception>
    /// <exception cref="KeyNotFoundException">The evaluation has no figure of that name.</exception>
    public override void EpochDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.LastEpoch!.Interrupted) return;
        var evaluation = context.LastEpoch.Validation
            ?? throw new InvalidOperationException(
                "early stopping goes by evaluations and there are none: give Fit a validation, or leave the observer out");
        double value = evaluation.Metrics[metric];
        if (Better.Is(value, BestValue, largerIsBetter))
        {
            (BestEpoch, BestValue, since) = (context.Epoch, value, 0);
            if (best is null) best = new WeightCopies(context.Groups, context.Device);
            else best.Take();
        }
        else if (++since >= patience)
        {
            context.Stop();
        }
    }

    /// <inheritdoc/>
    public override void FitEnded(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.HasFailed) best?.Restore();
        Dispose();
    }

    /// <inheritdoc/>
    public void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.WholeNumber("best_epoch", BestEpoch);
        state.Number("best_value", BestValue);
        state.WholeNumber("since", since);
        best?.WriteState(state.Within("best"));
    }

    /// <inheritdoc/>
    public void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(context);
        (BestEpoch, BestValue, since) = (state.Count("best_epoch"), state.Number("best_value"), state.Count("since"));
        if (BestEpoch == 0) return;
        best ??= new WeightCopies(context.Groups, context.Device);
        best.ReadState(state.Within("best"));
    }

    /// <summary>Gives the memory of the best weights back, which the end of a fit does too.</summary>
    public void Dispose()
    {
        best?.Dispose();
        best = null;
    }
}
