using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Fine-tunes a model for a new task by the recipe of <see cref="FineTuneOptions"/>: the phases of its strategy, each a fit of one
/// <see cref="Trainer"/>.</summary>
/// <remarks>Used by one thread at a time; other threads may run inference with the model at the same time.</remarks>
/// <example><code>
/// var report = new FineTuner(model, Device.Cpu, new FineTuneOptions { Epochs = 5 }).FineTune(trainingSet);
/// </code></example>
public sealed class FineTuner
{
    private readonly Device device;
    private readonly FineTuneOptions options;
    private readonly Model model;
    private readonly ParameterGroup[] beside;
    private Trainer? trainer;

    /// <summary>Prepares a fine-tuning; what the model freezes changes only when it runs.</summary>
    /// <param name="model">What is fine-tuned.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="options">How.</param>
    /// <param name="beside">What learns with the model in every phase, at its head's rate, and is no part of it: the projection of a
    /// <see cref="FeatureDistillation"/>.</param>
    /// <exception cref="ArgumentException">An option is impossible, or names a stage that the model does not have.</exception>
    public FineTuner(Model model, Device device, FineTuneOptions options, params IReadOnlyList<ParameterGroup> beside)
    {
        ArgumentNullException.ThrowIfNull(beside);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.model = model;
        this.device = device;
        this.options = options;
        this.beside = [.. beside];
        var stages = new ParameterGroups(model);
        // the last group is the head, whose rate is told
        Groups = beside.Count == 0 ? stages : new ParameterGroups([.. stages.SkipLast(1), .. beside, stages[^1]]);
        GiveRates(options.HeadRate, options.RateDecayPerStage);
        Phases = options.Strategy.Phases(new StrategySetting(
            StagesThatMayLearn(), options.FrozenEpochsOn(model), options.Epochs ?? FineTuneOptions.UsualEpochs, options.RateDecayPerStage, options.HeadRateFactor ?? 1));
        foreach (string stage in Phases.SelectMany(static phase => phase.Stages)) Groups.Require(stage);
    }

    /// <summary>The model's stages as parameter groups.</summary>
    public ParameterGroups Groups { get; }

    /// <summary>What is done, phase after phase.</summary>
    public IReadOnlyList<FineTunePhase> Phases { get; }

    /// <summary>The index in <see cref="Phases"/> of the one that is running or was the last.</summary>
    public int PhaseIndex => trainer?.PhaseIndex ?? 0;

    /// <summary>The number of steps made in it.</summary>
    public int StepsInPhase => trainer?.StepsInPhase ?? 0;

    /// <summary>The callbacks of the training, in the order in which they are called.</summary>
    public IReadOnlyList<TrainingObserver> Observers { get; init; } = [];

    /// <summary>The number of steps made, also of a run that was stopped or failed.</summary>
    public int StepsMade => trainer?.StepsMade ?? 0;

    /// <summary>Trains the model.</summary>
    /// <param name="data">The training set.</param>
    /// <param name="validate">Evaluates the model after each epoch; null for none.</param>
    /// <param name="progress">Reports progress after each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the report says so and the model keeps what it learnt.</param>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="FrozenWeightsException">What is frozen changed in an epoch.</exception>
    /// <exception cref="InvalidOperationException">The model is being fine-tuned already.</exception>
    public FitReport FineTune(
        ITrainingSet data, Func<CancellationToken, Evaluation>? validate = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        using var optimiser = options.Optimiser.Create(Groups, options.OptimiserOptions);
        using var methods = new Regularisation(model, options.Regularisation);
        trainer = new Trainer(optimiser, device)
        {
            Seed = options.Seed,
            Observers = [.. methods.Observers, .. Observers, .. options.Run?.Observers ?? []],
            Checkpoints = options.Run?.Checkpoints,
            Backward = methods.Backward,
            ActivationCheckpointing = options.ActivationCheckpointing,
            PlannedEpochs = Phases.Sum(static phase => phase.Epochs),
        };
        using var claim = trainer.Claim();
        FreezeByName();

        foreach (var phase in Phases)
        {
            Begin(phase);
            var schedule = phase.Schedule(phase.Epochs * data.BatchesPerEpoch);
            trainer.MomentumSchedule = phase.Momentum?.Invoke(phase.Epochs * data.BatchesPerEpoch);
            optimiser.Momentum = null;
            using var kept = phase.Epochs > 1 || options.Cache == TrunkCacheMode.Disk
                ? TrunkCache.Over(data, model, device, Groups.FirstThatLearns.Name, options.CacheSetting) : null;
            if (trainer.Fit(kept ?? data, phase.Epochs, schedule, validate, progress, cancellation).Interrupted) break;
        }
        var frozen = FrozenWeights.Watch(model);
        methods.Adopt(trainer, data);
        frozen.Check("when averages of weights took their place");
        frozen.Dispose();
        model.IsHeadNew = false;
        return trainer.Report();
    }

    /// <summary>What each phase moves and what a step of it needs, before anything is learnt. The model is left frozen as in the last phase.</summary>
    /// <param name="forward">A forward of one batch in a training pass, of which the activations are measured; null to leave them out.</param>
    public IReadOnlyList<PhaseSummary> Summaries(Action<Pass>? forward = null)
    {
        using var optimiser = options.Optimiser.Create(Groups, options.OptimiserOptions);
        FreezeByName();
        var summaries = new List<PhaseSummary>();
        foreach (var phase in Phases)
        {
            Begin(phase);
            summaries.Add(new PhaseSummary(phase, ModelSummary.Of(optimiser, device, forward, options.ActivationCheckpointing)));
        }
        return summaries;
    }

    private void FreezeByName()
    {
        if (options.Freeze is { } parts) model.Freeze(parts, options.FrozenNorm, options.FrozenDropout);
        foreach (var norm in model.Descendants().OfType<BatchNorm2d>()) norm.Policy = options.BatchNorm ?? BatchNormPolicy.FollowFreezing;
    }

    private void Begin(FineTunePhase phase)
    {
        GiveRates(options.HeadRate * phase.RateFactor, phase.RateDecayPerStage);
        Groups.LearnOnly([.. phase.Stages, .. beside.Select(static group => group.Name)]);
        model.ApplyFrozenPolicies(options.FrozenNorm, options.FrozenDropout);
    }

    /// <summary>Looks for the learning rate of a phase (fastai's <c>lr_find</c>): trains with rising rates and puts everything back, weights, buffers and what is
    /// frozen. The rates of the curve are the head's.</summary>
    /// <param name="data">The training set.</param>
    /// <param name="finder">How; null for the usual hundred steps, drawn by the options' seed.</param>
    /// <param name="phase">Which of <see cref="Phases"/>; null for the first.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Ends the search after the step that is running; the curve is as long as it came.</param>
    /// <exception cref="InvalidOperationException">The model is being fine-tuned.</exception>
    public RateCurve FindRate(
        ITrainingSet data, RateFinder? finder = null, FineTunePhase? phase = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        phase ??= Phases[0];
        var norms = model.Descendants().OfType<BatchNorm2d>().Select(static norm => (Norm: norm, norm.Policy)).ToList();
        var frontier = model.Parameters().Select(static parameter => (Parameter: parameter, parameter.IsBelowFrontier)).ToList();
        try
        {
            foreach (var (norm, _) in norms) norm.Policy = options.BatchNorm ?? BatchNormPolicy.FollowFreezing;
            GiveRates(options.HeadRate * phase.RateFactor, phase.RateDecayPerStage);
            Groups.LearnOnly([.. phase.Stages, .. beside.Select(static group => group.Name)]);
            model.ApplyFrozenPolicies(options.FrozenNorm, options.FrozenDropout);
            using var kept = TrunkCache.Over(data, model, device, Groups.FirstThatLearns.Name, options.CacheSetting);
            finder ??= new RateFinder { Seed = options.Seed };
            return (options.ActivationCheckpointing ? finder with { ActivationCheckpointing = true } : finder)
                .Find(Groups, options.Optimiser, kept ?? data, device, options.OptimiserOptions, progress, cancellation);
        }
        finally
        {
            foreach (var (norm, policy) in norms) norm.Policy = policy;
            foreach (var (parameter, isBelow) in frontier) parameter.IsBelowFrontier = isBelow;
            model.ApplyFrozenPolicies(norm: null, dropout: null);
            GiveRates(options.HeadRate, options.RateDecayPerStage);
        }
    }

    private void GiveRates(double head, double decayPerStage)
    {
        int below = Groups.Count - 1 - beside.Length;
        if (beside.Length == 0) Groups.Rates(head, decayPerStage);
        else Groups.Rates([.. Enumerable.Range(0, below).Select(at => head / Math.Pow(decayPerStage, below - at)), .. beside.Select(_ => head), head]);
    }

    private string[] StagesThatMayLearn()
    {
        int first = options.FreezeBelow is { } stage ? Groups.IndexOf(stage) : 0;
        var named = options.Freeze is { } parts ? model.ParametersOf(parts).ToHashSet() : [];
        string[] stages = [.. Groups.Skip(first).Except(beside).Where(group => group.Parameters.Any(one => !one.IsFrozenByName && !named.Contains(one))).Select(static group => group.Name)];
        return stages.Length > 0 ? stages : throw new ArgumentException(
            $"every parameter of {model.Name}{(first > 0 ? $" from '{Groups[first].Name}' on" : "")} is frozen by name, so there is nothing to learn: unfreeze some (Module.Unfreeze)");
    }
}
