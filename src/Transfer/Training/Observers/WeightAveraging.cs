namespace Graft.Transfer;

/// <summary>An exponential moving average of all weights and statistics, often better than the last ones (Polyak and Juditsky 1992; timm's
/// <c>ModelEma</c>): average = decay * average + (1 - decay) * weight after each step. It goes on over the fits of a trainer.</summary>
public sealed class WeightAveraging : TrainingObserver, IDisposable
{
    private readonly double decay;
    private WeightCopies? averages;

    /// <summary>Chooses how slowly the average follows.</summary>
    /// <param name="decay">How much of the average a step keeps, in [0, 1).</param>
    public WeightAveraging(double decay = 0.999)
    {
        if (!(decay is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(decay), decay, "the decay of an average lies in [0, 1)");
        this.decay = decay;
    }

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        averages ??= new WeightCopies(context.Groups, context.Device);
    }

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.HasMoved) averages!.Blend((float)(1 - decay));
    }

    /// <summary>Exchanges the weights of the models with their averages: once to use the averages, once more to go on training.</summary>
    /// <exception cref="InvalidOperationException">No fit has begun yet.</exception>
    public void Swap()
    {
        if (averages is null) throw new InvalidOperationException("there is no average before a fit has begun: give the observer to a trainer first");
        averages.Swap();
    }

    /// <summary>Releases the averages' memory.</summary>
    public void Dispose()
    {
        averages?.Dispose();
        averages = null;
    }
}
