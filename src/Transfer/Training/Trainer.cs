using System.Diagnostics;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>The training loop: batches, backward, the optimiser's step, evaluation after each epoch. What else a training needs takes part as
/// a <see cref="TrainingObserver"/>; what is frozen and how fast it learns is said by the optimiser's groups.</summary>
/// <remarks>A trainer belongs to the thread that uses it. Other threads may run inference with the models at the same time, and see them
/// between two steps. Several fits of one trainer continue each other: the optimiser's state, the epoch and step counts and so the
/// seeds.</remarks>
/// <example><code>
/// using var optimiser = Optimiser.AdamW(groups);
/// var trainer = new Trainer(optimiser, Device.Cpu) { Observers = [new EarlyStopping(patience: 3)] };
/// var report = trainer.Fit(trainingSet, epochs: 20, Schedule.Cosine().WithWarmUp(0.1), validate);
/// </code></example>
public sealed partial class Trainer
{
    private readonly List<EpochReport> reports = [];
    private readonly Stopwatch clock = new();
    private readonly Pace pace = new();
    private readonly float[] lossValue = new float[1];
    private CheckpointKeeper? keeper;
    private bool isClaimed;
    private bool hasFitted;
    private int firstStepOfPhase;
    private bool isInterrupted;
    private bool isStoppedEarly;

    /// <summary>Prepares a training; nothing is computed yet.</summary>
    /// <param name="optimiser">What moves the parameters; its groups are what is trained. It stays the caller's.</param>
    /// <param name="device">Where to compute.</param>
    public Trainer(Optimiser optimiser, Device device)
    {
        ArgumentNullException.ThrowIfNull(optimiser);
        ArgumentNullException.ThrowIfNull(device);
        (Optimiser, Device) = (optimiser, device);
    }

    /// <summary>What moves the parameters.</summary>
    public Optimiser Optimiser { get; }

    /// <summary>Where it is computed.</summary>
    public Device Device { get; }

    /// <summary>What is trained.</summary>
    public ParameterGroups Groups => Optimiser.Groups;

    /// <summary>The seed of whatever a step draws (dropout); step s of the trainer draws from this plus s.</summary>
    public ulong Seed { get; init; }

    /// <summary>What takes part in the training, in the order in which it is called.</summary>
    public IReadOnlyList<TrainingObserver> Observers { get; init; } = [];

    /// <summary>Whether backward computes the activations of a model's stages again instead of finding them kept (<see cref="Pass.ActivationCheckpointing"/>):
    /// less memory for more time, and the same bits.</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>How the gradients of a batch come about; null for one backward.</summary>
    public BackwardRule? Backward { get; init; }

    /// <summary>The optimiser's momentum as a function of the fit's position, in [0, 1): fastai's and <c>OneCycleLR</c>'s cycle of momenta. Null for the
    /// optimiser's own.</summary>
    public ISchedule? MomentumSchedule { get; set; }

    /// <summary>How many epochs all fits of the trainer will have, for <see cref="FitProgress"/>; null where a fit is all that is known.</summary>
    public int? PlannedEpochs { get; init; }

    /// <summary>How many batches all fits have learnt from.</summary>
    public int StepsMade { get; private set; }

    /// <summary>Which fit is running or was the last, from 0: the phase of a fine-tuning.</summary>
    public int PhaseIndex { get; private set; }

    /// <summary>How many batches that fit has learnt from.</summary>
    public int StepsInPhase => StepsMade - firstStepOfPhase;

    internal int EpochsMade => reports.Count;

    internal EpochReport? LastReport => reports is [.., var last] ? last : null;

    internal bool IsInterrupted => isInterrupted;

    internal TimeSpan Elapsed => elapsedBefore + clock.Elapsed;

    /// <summary>Trains for some epochs.</summary>
    /// <param name="data">What is learnt from.</param>
    /// <param name="epochs">How many times over; at least 1.</param>
    /// <param name="schedule">What the groups' rates are multiplied by along the way; null for <see cref="Schedule.Constant"/>.</param>
    /// <param name="validate">What says after each epoch how well the model does; null for nothing.</param>
    /// <param name="progress">Reports progress after each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the report says so and the model keeps what it learnt.</param>
    /// <returns>What came of all fits of the trainer so far.</returns>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="FrozenWeightsException">What is frozen changed in an epoch.</exception>
    /// <exception cref="InvalidOperationException">A model is being trained already, or a group that learns has no rate.</exception>
    /// <exception cref="CheckpointException">What <see cref="Checkpoints"/> keep is damaged, or of another training; nothing was changed.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written; the models keep what they learnt.</exception>
    public FitReport Fit(
        ITrainingSet data, int epochs, ISchedule? schedule = null, Func<CancellationToken, Evaluation>? validate = null,
        IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epochs);
        ArgumentOutOfRangeException.ThrowIfLessThan(data.BatchesPerEpoch, 1);
        using var claim = isClaimed ? null : Claim();
        if (hasFitted) PhaseIndex++;
        hasFitted = true;
        if (Checkpoints is not null) keeper ??= new CheckpointKeeper(this, Checkpoints);
        var resumed = keeper?.Position;
        // a fit that was over before the training was kept
        if (resumed is not null && PhaseIndex < resumed.Fit) return Report();
        resumed?.Require(data.BatchesPerEpoch, epochs, Checkpoints!.Folder);
        firstStepOfPhase = resumed?.FirstStep ?? StepsMade;
        TrainingObserver[] observers = progress is null ? [.. Observers] : [.. Observers, new ProgressObserver(progress, pace, validate is not null)];
        if (TrainingTelemetry.IsListened) observers = [.. observers, new TrainingTelemetry.Observer()];
        var context = new TrainingContext(this, data, epochs, resumed);
        using var gradients = new Gradients();
        using var fit = new Fitting(this, context, observers, gradients, data, schedule ?? Schedule.Constant, validate, cancellation);
        clock.Start();
        try
        {
            fit.Run(epochs, resumed);
        }
        catch (Exception exception)
        {
            context.Failure = exception;
            throw;
        }
        finally
        {
            foreach (var observer in observers) observer.FitEnded(context);
            clock.Stop();
        }
        fit.CheckFrozen();
        return Report();
    }

    /// <summary>What came of all fits so far.</summary>
    internal FitReport Report() =>
        new([.. reports], StepsMade, Elapsed.TotalSeconds, Groups.TrainableParameters, isInterrupted) { StoppedEarly = isStoppedEarly, ResumedFrom = keeper?.ResumedFrom };

    /// <summary>The pass of the step that comes.</summary>
    internal Pass BeginPass()
    {
        var pass = Pass.Train(Device, Seed + (ulong)StepsMade);
        pass.ActivationCheckpointing = ActivationCheckpointing;
        return pass;
    }

    /// <summary>Has the models for this trainer alone, over several fits, until what is returned is disposed of.</summary>
    /// <exception cref="InvalidOperationException">A model is being trained already.</exception>
    internal IDisposable Claim() => new TrainingClaim(this);

    /// <summary>What belongs to one fit.</summary>
    private sealed class Fitting(
        Trainer trainer, TrainingContext context, TrainingObserver[] observers, Gradients gradients, ITrainingSet data, ISchedule schedule,
        Func<CancellationToken, Evaluation>? validate, CancellationToken cancellation) : IDisposable
    {
        private FrozenContract? frozen;
        private int epochsDone;
        private double begin;
        private string from = "";
        private string? to;

        public void Run(int epochs, FitPosition? resumed)
        {
            foreach (var observer in observers) observer.FitStarted(context);
            bool isWithin = resumed is { IsWithinEpoch: true };
            if (resumed is not null)
            {
                trainer.keeper!.Resume(context, gradients, observers);
                (epochsDone, from, to, begin) = (resumed.EpochsDone, resumed.From, resumed.To, trainer.Elapsed.TotalSeconds - resumed.Seconds);
            }
            frozen = new FrozenContract(context.Models);
            for (; epochsDone < epochs && !trainer.isInterrupted && !context.IsStopping; isWithin = false)
            {
                Epoch(isWithin);
                if (context.IsStopping && epochsDone < epochs) trainer.isStoppedEarly = true;
                if (!trainer.isInterrupted && trainer.keeper?.IsDue(isEpochDone: true) == true) Keep(isWithinEpoch: false);
            }
        }

        /// <exception cref="FrozenWeightsException">What an observer did at the end changed something that is frozen.</exception>
        public void CheckFrozen() => frozen!.Check("when the training ended");

        public void Dispose() => frozen?.Dispose();

        private void Epoch(bool isWithin)
        {
            bool isCut = false;
            Evaluation? validation = null;
            if (!isWithin) BeginEpoch();
            try
            {
                foreach (var batch in data.EpochFrom(trainer.reports.Count, context.StepInEpoch, cancellation))
                {
                    Step(batch);
                    if (trainer.keeper is { } keeper && !context.IsStopping && context.StepInEpoch < data.BatchesPerEpoch && keeper.IsDue(isEpochDone: false)) Keep(isWithinEpoch: true);
                    cancellation.ThrowIfCancellationRequested();
                    if (context.IsStopping) break;
                }
                isCut = context.IsStopping && context.StepInEpoch < data.BatchesPerEpoch;
                if (!isCut && validate is not null) validation = Evaluate(validate);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                trainer.isInterrupted = true;
                isCut = context.StepInEpoch < data.BatchesPerEpoch || (validate is not null && validation is null);
                if (trainer.keeper is { IsKept: false }) Keep(isWithinEpoch: true);
            }
            frozen!.Check($"in epoch {context.Epoch}");
            epochsDone++;
            if (isCut && context.IsStopping) trainer.isStoppedEarly = true;
            if (context.Examples == 0) return;
            var report = new EpochReport(
                context.Epoch, from, context.MeanLoss, context.Rate, trainer.Elapsed.TotalSeconds - begin, validation)
            {
                LearningTo = to,
                Phase = trainer.PhaseIndex,
                Steps = context.StepInEpoch,
                Examples = context.Examples,
                Interrupted = isCut,
            };
            trainer.reports.Add(report);
            context.LastEpoch = report;
            foreach (var observer in observers) observer.EpochDone(context);
        }

        private Evaluation Evaluate(Func<CancellationToken, Evaluation> evaluate)
        {
            try
            {
                foreach (var observer in observers) observer.EvaluationStarting(context);
                return evaluate(cancellation);
            }
            finally
            {
                for (int i = observers.Length - 1; i >= 0; i--) observers[i].EvaluationDone(context);
            }
        }

        private void BeginEpoch()
        {
            begin = trainer.Elapsed.TotalSeconds;
            from = trainer.Groups.FirstThatLearns.Name;
            to = trainer.Groups.LastThatLearnsBelowOthers;
            context.BeginEpoch();
            // what was added up towards a step that the last epoch did not come to
            gradients.Dispose();
            foreach (var observer in observers) observer.EpochStarting(context);
            frozen!.Renew();
        }

        private void Keep(bool isWithinEpoch) => trainer.keeper!.Write(
            context.Standing() with
            {
                Fit = trainer.PhaseIndex,
                EpochsDone = epochsDone,
                IsWithinEpoch = isWithinEpoch,
                Seconds = isWithinEpoch ? trainer.Elapsed.TotalSeconds - begin : 0,
                From = from,
                To = to,
            },
            gradients, observers, isWithinEpoch ? null : context.LastEpoch?.Validation);

        private void Step(ITrainingBatch batch)
        {
            double factor = schedule.FactorAt(context.Position);
            context.FollowOwnSchedules();
            context.BeginStep(batch, factor);
            foreach (var observer in observers) observer.StepStarting(context);
            context.ScaleOwnSchedules(factor);
            try
            {
                Compute(batch);
            }
            catch (NonFiniteException exception) when (exception.Step is null)
            {
                throw NonFiniteDiagnosis.Of(exception, context, batch, gradients);
            }
            trainer.StepsMade++;
            context.EndStep();
            foreach (var observer in observers) observer.StepDone(context);
        }

        private void Compute(ITrainingBatch batch)
        {
            using var pass = trainer.BeginPass();
            try
            {
                Step(pass, batch);
            }
            catch
            {
                // no step was made, so what it would have changed beside the weights stays as well
                pass.DiscardDeferred();
                throw;
            }
            finally
            {
                context.HideGradients();
            }
        }

        private void Step(Pass pass, ITrainingBatch batch)
        {
            var loss = batch.Loss(pass);
            if (trainer.Backward is { } rule) rule.Backward(pass, loss, batch, gradients);
            else pass.Backward(loss, gradients);
            // a card is asked for the loss when it has its work: reading waits for what comes before
            loss.Value.CopyTo(trainer.lossValue);
            float value = trainer.lossValue[0];
            if (!float.IsFinite(value)) throw new NonFiniteException(NonFiniteException.Loss, value);
            context.ShowGradients(gradients, value);
            foreach (var observer in observers) observer.GradientsReady(context);
            if (context.Fate == StepFate.Made) trainer.Optimiser.Step(gradients, context.RateFactor);
            if (context.Fate != StepFate.Accumulated) gradients.Dispose();
        }
    }

    private sealed class TrainingClaim : IDisposable
    {
        private readonly Trainer trainer;
        private readonly List<IDisposable> models = [];

        public TrainingClaim(Trainer trainer)
        {
            this.trainer = trainer;
            try
            {
                foreach (var model in trainer.Groups.Models) models.Add(model.BeginTraining());
            }
            catch
            {
                GiveBack();
                throw;
            }
            trainer.isClaimed = true;
        }

        public void Dispose()
        {
            trainer.isClaimed = false;
            GiveBack();
        }

        private void GiveBack()
        {
            foreach (var model in models) model.Dispose();
        }
    }
}
