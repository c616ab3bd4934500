using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Fine-tunes a model for a new task by the recipe of <see cref="FineTuneOptions"/>: fastai's <c>fine_tune</c> over a
/// <see cref="Trainer"/>.</summary>
/// <remarks>Used by one thread at a time; other threads may run inference with the model at the same time.</remarks>
/// <example><code>
/// var report = new FineTuner(model, Device.Cpu, new FineTuneOptions { Epochs = 5 }).FineTune(trainingSet);
/// </code></example>
public sealed class FineTuner
{
    // fastai's two cycles: the frozen one rises almost to its end, the unfrozen one starts at a fifth of the highest rate
    private const double HeadRisingShare = 0.99;
    private const double UnfrozenStartDivisor = 5;

    private readonly Device device;
    private readonly FineTuneOptions options;
    private readonly Model model;
    private readonly int frozenEpochs;
    private Trainer? trainer;

    /// <summary>Prepares a fine-tuning; what the model freezes changes only when it runs.</summary>
    /// <exception cref="ArgumentException">An option is impossible, or names a stage that the model does not have.</exception>
    public FineTuner(Model model, Device device, FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.model = model;
        this.device = device;
        this.options = options;
        frozenEpochs = options.FrozenEpochsOn(model);
        Groups = new ParameterGroups(model);
        Groups.Rates(options.HeadRate, options.RateDecayPerStage);
        if (options.FreezeBelow is { } stage) Groups.Require(stage);
    }

    /// <summary>The model's stages as parameter groups.</summary>
    public ParameterGroups Groups { get; }

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
    /// <exception cref="InvalidOperationException">The model is being fine-tuned already.</exception>
    public FitReport FineTune(
        ITrainingSet data, Func<CancellationToken, Evaluation>? validate = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        using var optimiser = options.Optimiser.Create(Groups, options.OptimiserOptions);
        using var methods = new Regularisation(options.Regularisation);
        trainer = new Trainer(optimiser, device)
        {
            Seed = options.Seed,
            Observers = [.. methods.Observers, .. Observers],
            Backward = methods.Backward,
            PlannedEpochs = frozenEpochs + options.Epochs,
        };
        using var claim = trainer.Claim();
        foreach (var norm in model.Descendants().OfType<BatchNorm2d>()) norm.Policy = options.BatchNorm ?? BatchNormPolicy.FollowFreezing;

        bool isInterrupted = false;
        if (frozenEpochs > 0)
        {
            Groups.Rates(options.HeadRate, options.RateDecayPerStage);
            Groups.FreezeBelow(Groups[^1].Name);
            var cycle = new OneCycle(frozenEpochs * data.BatchesPerEpoch, HeadRisingShare);
            isInterrupted = trainer.Fit(data, frozenEpochs, cycle, validate, progress, cancellation).Interrupted;
        }
        if (options.Epochs > 0 && !isInterrupted)
        {
            var cycle = new OneCycle(options.Epochs * data.BatchesPerEpoch);
            if (frozenEpochs > 0) cycle = cycle with { StartDivisor = UnfrozenStartDivisor };
            Groups.Rates(options.UnfrozenRateAfter(frozenEpochs), options.RateDecayPerStage);
            Groups.FreezeBelow(options.FreezeBelow ?? Groups[0].Name);
            trainer.Fit(data, options.Epochs, cycle, validate, progress, cancellation);
        }
        methods.Adopt(trainer, data);
        model.IsHeadNew = false;
        return trainer.Report();
    }
}
