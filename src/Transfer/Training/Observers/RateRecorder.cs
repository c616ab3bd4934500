namespace Graft.Transfer;

/// <summary>Takes down the learning rate and the loss of every step, over all fits of a trainer.</summary>
public sealed class RateRecorder : TrainingObserver, IResumable
{
    private readonly List<double> rates = [];
    private readonly List<double> losses = [];

    /// <summary>The head's learning rate in each step.</summary>
    public IReadOnlyList<double> Rates => rates;

    /// <summary>The loss of each step's batch.</summary>
    public IReadOnlyList<double> Losses => losses;

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        rates.Add(context.Rate);
        losses.Add(context.Loss);
    }

    /// <inheritdoc/>
    public void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Numbers("rates", rates);
        state.Numbers("losses", losses);
    }

    /// <inheritdoc/>
    public void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        rates.Clear();
        losses.Clear();
        rates.AddRange(state.Numbers("rates"));
        losses.AddRange(state.Numbers("losses"));
    }
}
