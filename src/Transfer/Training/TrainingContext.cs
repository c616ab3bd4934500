using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>The state of a training, for its observers, and what they may change (fastai's <c>Learner</c> in a callback,
/// <c>TrainerControl</c>).</summary>
/// <remarks>One object for a whole fit, used on the thread of <see cref="Trainer.Fit"/>.</remarks>
public sealed class TrainingContext
{
    private readonly int firstStep;
    private readonly int epochsOfFit;
    private Gradients? gradients;
    private double sum;

    /// <param name="trainer">The loop.</param>
    /// <param name="data">What is learnt from.</param>
    /// <param name="epochsOfFit">How many epochs the fit has.</param>
    /// <param name="resumed">Where the fit goes on; null where it begins.</param>
    internal TrainingContext(Trainer trainer, ITrainingSet data, int epochsOfFit, FitPosition? resumed)
    {
        Trainer = trainer;
        Data = data;
        StepsPerEpoch = data.BatchesPerEpoch;
        this.epochsOfFit = epochsOfFit;
        firstStep = resumed?.FirstStep ?? trainer.StepsMade;
        Epoch = trainer.EpochsMade;
        Epochs = Math.Max(trainer.PlannedEpochs ?? 0, Epoch - (resumed?.EpochsDone ?? 0) + epochsOfFit);
        if (resumed is null) return;
        (StepInEpoch, Examples, sum, Loss) = (resumed.StepInEpoch, resumed.Examples, resumed.Sum, resumed.Loss);
        (RateFactor, IsStopping) = (resumed.RateFactor, resumed.IsStopping);
        if (resumed.EpochsDone > 0) LastEpoch = trainer.LastReport;
        if (resumed.IsWithinEpoch) Epoch++;
    }

    /// <summary>The loop.</summary>
    public Trainer Trainer { get; }

    /// <summary>What is learnt from.</summary>
    public ITrainingSet Data { get; }

    /// <summary>The models that learn.</summary>
    public IReadOnlyList<Model> Models => Trainer.Groups.Models;

    /// <summary>The groups of parameters and their rates.</summary>
    public ParameterGroups Groups => Trainer.Groups;

    /// <summary>What moves them.</summary>
    public Optimiser Optimiser => Trainer.Optimiser;

    /// <summary>Where it is computed.</summary>
    public Device Device => Trainer.Device;

    /// <summary>The epoch that is running, from 1 over all fits of the trainer.</summary>
    public int Epoch { get; private set; }

    /// <summary>How many epochs there are over all fits, as far as they are known.</summary>
    public int Epochs { get; }

    /// <summary>Which fit of the trainer it is, from 0: the phase of a fine-tuning.</summary>
    public int PhaseIndex => Trainer.PhaseIndex;

    /// <summary>How many batches of the fit are done.</summary>
    public int StepInPhase => Trainer.StepsInPhase;

    /// <summary>How many batches an epoch has.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>How many batches of the running epoch are done.</summary>
    public int StepInEpoch { get; private set; }

    /// <summary>How many batches are done over all fits of the trainer.</summary>
    public int Step => Trainer.StepsMade;

    /// <summary>How many there are over all fits, as far as they are known.</summary>
    public int Steps => Epochs * StepsPerEpoch;

    /// <summary>How much of the fit is over, from 0 to 1: what a schedule goes by.</summary>
    public double Position => Math.Min(1, (Trainer.StepsMade - firstStep) / ((double)epochsOfFit * StepsPerEpoch));

    /// <summary>Whether the batch that is running is the last of its epoch.</summary>
    public bool IsLastOfEpoch => StepInEpoch == StepsPerEpoch - 1;

    /// <summary>The batch that is running or was the last.</summary>
    public ITrainingBatch? Batch { get; private set; }

    /// <summary>The mean loss over the last batch; NaN before there is one.</summary>
    public double Loss { get; private set; } = double.NaN;

    /// <summary>The mean loss over the epoch's examples so far.</summary>
    public double MeanLoss => sum / Examples;

    /// <summary>How many examples of the epoch have been learnt from.</summary>
    public int Examples { get; private set; }

    /// <summary>What the rates of all groups are multiplied by in this step: the schedule's, unless an observer changes it in
    /// <see cref="TrainingObserver.StepStarting"/>.</summary>
    public double RateFactor { get; set; }

    /// <summary>The learning rate of the last group, the head's, in this step.</summary>
    public double Rate => Groups.All[^1].RateAt(RateFactor);

    /// <summary>The momentum or beta1 of this step where a cycle gives it; null where the optimiser's own holds.</summary>
    public double? Momentum => Optimiser.Momentum;

    /// <summary>The gradients of this step, and of those before it that were added up.</summary>
    /// <exception cref="InvalidOperationException">It is asked for outside <see cref="TrainingObserver.GradientsReady"/>.</exception>
    public Gradients Gradients => gradients
        ?? throw new InvalidOperationException("gradients are there in GradientsReady alone: read them there, and copy what has to outlive it");

    /// <summary>Whether the last step moved the parameters.</summary>
    public bool HasMoved { get; private set; }

    /// <summary>The report of the last epoch that ended in this fit.</summary>
    public EpochReport? LastEpoch { get; internal set; }

    /// <summary>The time since the first fit began, without what was between fits.</summary>
    public TimeSpan Elapsed => Trainer.Elapsed;

    /// <summary>Whether the fit ends after what is running.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Whether the fit ended by an exception.</summary>
    public bool HasFailed => Failure is not null;

    /// <summary>The exception that ended the fit; null where none did.</summary>
    public Exception? Failure { get; internal set; }

    /// <summary>Whether the fit was broken off by its caller (<see cref="CancellationToken"/>).</summary>
    public bool IsInterrupted => Trainer.IsInterrupted;

    internal StepFate Fate { get; private set; }

    /// <summary>How many batches will be done when the fit is over.</summary>
    internal int LastStepOfFit => firstStep + epochsOfFit * StepsPerEpoch;

    /// <summary>Ends the fit after the step or epoch that is running; what was learnt stays.</summary>
    public void Stop() => IsStopping = true;

    /// <summary>Has the gradients of this step dropped and nothing moved.</summary>
    /// <exception cref="InvalidOperationException">It is called outside <see cref="TrainingObserver.GradientsReady"/>.</exception>
    public void SkipStep() => Decide(StepFate.Skipped);

    /// <summary>Has nothing moved and the gradients kept, so that those of the next step are added to them. What is left at the end of an
    /// epoch is dropped.</summary>
    /// <exception cref="InvalidOperationException">It is called outside <see cref="TrainingObserver.GradientsReady"/>.</exception>
    public void Accumulate() => Decide(StepFate.Accumulated);

    /// <summary>What <see cref="FitPosition"/> has of it.</summary>
    internal FitPosition Standing() => new()
    {
        FirstStep = firstStep,
        StepsPerEpoch = StepsPerEpoch,
        StepInEpoch = StepInEpoch,
        Examples = Examples,
        Sum = sum,
        Loss = Loss,
        RateFactor = RateFactor,
        IsStopping = IsStopping,
    };

    internal void BeginEpoch() => (Epoch, StepInEpoch, Examples, sum) = (Epoch + 1, 0, 0, 0);

    internal void BeginStep(ITrainingBatch batch, double factor) => (Batch, RateFactor, Fate, HasMoved) = (batch, factor, StepFate.Made, false);

    /// <summary>The learning rate of a group in this step.</summary>
    /// <param name="group">One of <see cref="Groups"/>.</param>
    public double RateOf(ParameterGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return group.RateAt(RateFactor);
    }

    /// <summary>Has the schedules of single groups and the cycle of momenta follow the position.</summary>
    internal void FollowOwnSchedules()
    {
        foreach (var group in Groups.All)
            if (group.Schedule is { } own) group.OwnFactor = own.FactorAt(Position);
        if (Trainer.MomentumSchedule is { } cycle) Optimiser.Momentum = cycle.FactorAt(Position);
    }

    /// <summary>What observers did to the fit's factor is done to the schedules that stand in its place.</summary>
    internal void ScaleOwnSchedules(double scheduled)
    {
        if (scheduled == 0 || RateFactor == scheduled) return;
        foreach (var group in Groups.All)
            if (group.Schedule is { ReplacesFit: true }) group.OwnFactor *= RateFactor / scheduled;
    }

    internal void ShowGradients(Gradients shown, double loss) => (gradients, Loss) = (shown, loss);

    internal void HideGradients() => gradients = null;

    internal void EndStep()
    {
        sum += Loss * Batch!.Count;
        Examples += Batch.Count;
        StepInEpoch++;
        HasMoved = Fate == StepFate.Made;
    }

    private void Decide(StepFate fate)
    {
        _ = Gradients;
        // a step that one observer skips is not restored by another
        if (Fate != StepFate.Skipped) Fate = fate;
    }
}

/// <summary>What becomes of a step whose gradients are there.</summary>
internal enum StepFate
{
    Made,
    Accumulated,
    Skipped,
}
