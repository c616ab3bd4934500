namespace Graft.Transfer;

/// <summary>An exponential moving average of all weights and statistics, often better than the last ones (Polyak and Juditsky 1992; timm's
/// <c>ModelEmaV3</c>): average = decay * average + (1 - decay) * weight after each step. It goes on over the fits of a trainer.</summary>
public sealed class WeightAveraging : WeightAverage
{
    private const double WarmUpPower = 2.0 / 3;

    private readonly double decay;

    /// <summary>Chooses how slowly the average follows.</summary>
    /// <param name="decay">How much of the average a step keeps, in [0, 1).</param>
    public WeightAveraging(double decay = 0.999)
    {
        if (!(decay is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(decay), decay, "the decay of an average lies in [0, 1)");
        this.decay = decay;
    }

    /// <summary>Whether the decay rises to its value from 0 (timm's <c>use_warmup</c>, with its power of 2/3), so that a short training does not average over its start.</summary>
    public bool WarmsUp { get; init; }

    /// <summary>How many steps the average has followed.</summary>
    public int Updates { get; internal set; }

    /// <summary>How much of the average an update keeps.</summary>
    /// <param name="update">The update, from 1.</param>
    public double DecayAt(int update)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(update, 1);
        return WarmsUp ? Math.Min(decay, 1 - Math.Pow(update, -WarmUpPower)) : decay;
    }

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Averages ??= new WeightCopies(context.Groups, context.Device);
    }

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.HasMoved) Averages!.Blend((float)(1 - DecayAt(++Updates)));
    }

    /// <inheritdoc/>
    public override void WriteState(StateWriter state)
    {
        base.WriteState(state);
        state.WholeNumber("updates", Updates);
    }

    /// <inheritdoc/>
    public override void ReadState(StateReader state, TrainingContext context)
    {
        base.ReadState(state, context);
        Updates = state.Count("updates");
    }
}
