namespace Graft.Transfer;

/// <summary>The plain average of the weights at the ends of cycles of a constant or falling rate (SWA; Izmailov et al. 2018, PyTorch's <c>AveragedModel</c> with
/// <c>SWALR</c>), which lies in a flatter place than the last of them. What batch norms remember is estimated anew for it (<see cref="NormStatistics"/>).</summary>
/// <remarks>It goes over all fits of a trainer: with <see cref="Trainer.PlannedEpochs"/> it begins after a share of all of them.</remarks>
public sealed class StochasticWeightAveraging : WeightAverage
{
    private readonly double start, factor, lowest;
    private readonly int? cycle;
    private int taken;

    /// <summary>Chooses when it begins and what rates it has.</summary>
    /// <param name="start">The share of all steps before it, in [0, 1).</param>
    /// <param name="factor">What the groups' rates are multiplied by from there on in place of the schedule; above 0.</param>
    /// <param name="lowest">The factor to which it falls along each cycle, in a straight line; null for a constant one.</param>
    /// <param name="cycle">Steps from one average to the next; null for an epoch's.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public StochasticWeightAveraging(double start = 0.75, double factor = 0.5, double? lowest = null, int? cycle = null)
    {
        if (!(start is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(start), start, "the share of the steps before the averages lies in [0, 1)");
        if (!(factor > 0 && double.IsFinite(factor))) throw new ArgumentOutOfRangeException(nameof(factor), factor, "what rates are multiplied by is above 0");
        if (lowest is { } low && !(low > 0 && low <= factor)) throw new ArgumentOutOfRangeException(nameof(lowest), low, "a rate falls to one above 0 and not above the first");
        if (cycle < 1) throw new ArgumentOutOfRangeException(nameof(cycle), cycle, "a cycle has a step at least");
        (this.start, this.factor, this.lowest, this.cycle) = (start, factor, lowest ?? factor, cycle);
    }

    /// <summary>How many sets of weights the average is of.</summary>
    public int Averaged => taken;

    /// <inheritdoc/>
    /// <remarks>The rate of step i of a cycle of c is (1 - t) times the first and t times the lowest, t = i / c, as in the paper.</remarks>
    public override void StepStarting(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (StepOfCycle(context, context.Step + 1) is not { } step) return;
        double share = (double)step / Cycle(context);
        context.RateFactor = (1 - share) * factor + share * lowest;
    }

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (StepOfCycle(context, context.Step) != Cycle(context)) return;
        taken++;
        if (Averages is null) Averages = new WeightCopies(context.Groups, context.Device);
        else Averages.Blend(1f / taken);
    }

    /// <inheritdoc/>
    public override void WriteState(StateWriter state)
    {
        base.WriteState(state);
        state.WholeNumber("taken", taken);
    }

    /// <inheritdoc/>
    public override void ReadState(StateReader state, TrainingContext context)
    {
        base.ReadState(state, context);
        taken = state.Count("taken");
    }

    private protected override void Prepare(Trainer trainer, ITrainingSet data) =>
        NormStatistics.Estimate(trainer.Groups.Models, data, trainer.Device, trainer.Seed);

    private int Cycle(TrainingContext context) => cycle ?? context.StepsPerEpoch;

    /// <summary>The place of a step within its cycle, from 1; null before the first. Cycles end with the training.</summary>
    private int? StepOfCycle(TrainingContext context, int step)
    {
        int length = Cycle(context), left = context.Steps - (int)Math.Round(start * context.Steps);
        // whole cycles, one at least
        int first = context.Steps - Math.Max(1, left / length) * length;
        return step <= first ? null : (step - first - 1) % length + 1;
    }
}
