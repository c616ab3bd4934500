using System.Diagnostics;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Adapts a model to a task of its own, by the recipe of <see cref="FineTuneOptions"/>.</summary>
/// <example><code>
/// var report = new FineTuner(model, Device.Cpu, new FineTuneOptions { Epochs = 5 }).FineTune(trainingSet);
/// </code></example>
public sealed class FineTuner
{
    // fastai's two cycles: the head's one rises almost to its end, the whole's starts at a fifth of the highest rate
    private const double HeadRisingShare = 0.99;
    private const double UnfrozenStartDivisor = 5;

    private readonly Device device;
    private readonly FineTuneOptions options;
    private readonly Model model;
    private readonly int frozenEpochs;

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
        Groups.Rates(options.LearningRate, options.RateDecayPerStage);
        if (options.FreezeBelow is { } stage) Groups.Require(stage);
    }

    /// <summary>The model's stages, as they stand.</summary>
    public ParameterGroups Groups { get; }

    /// <summary>How many steps have been made, whether the run came to its end or not.</summary>
    internal int StepsMade { get; private set; }

    /// <summary>Trains the model.</summary>
    /// <param name="data">What it learns from.</param>
    /// <param name="validate">What says after each epoch how well it does; null for nothing.</param>
    /// <param name="progress">Is told of every step.</param>
    /// <param name="cancellation">Stops after the step that is running; the report says so and the model keeps what it learnt.</param>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">The model is being fine-tuned already.</exception>
    public FitReport FineTune(
        ITrainingSet data, Func<CancellationToken, Evaluation>? validate = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(data.BatchesPerEpoch, 1);
        using var training = model.BeginTraining();
        foreach (var norm in model.Descendants().OfType<BatchNorm2d>()) norm.Policy = options.BatchNorm;
        using var optimiser = options.Optimiser == OptimiserKind.AdamW
            ? Optimiser.AdamW(Groups, beta1: options.Momentum, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm)
            : Optimiser.Sgd(Groups, options.Momentum, options.WeightDecay, options.ClipNorm);
        var run = new Run(this, data, optimiser, validate, progress, cancellation);

        var (head, stem) = (Groups.Stages[^1].Name, options.FreezeBelow ?? Groups.Stages[0].Name);
        if (frozenEpochs > 0)
        {
            Groups.Rates(options.LearningRate, options.RateDecayPerStage);
            run.Cycle(head, frozenEpochs, new OneCycle(frozenEpochs * data.BatchesPerEpoch, HeadRisingShare));
        }
        if (options.Epochs > 0)
        {
            var cycle = new OneCycle(options.Epochs * data.BatchesPerEpoch);
            if (frozenEpochs > 0) cycle = cycle with { StartDivisor = UnfrozenStartDivisor };
            Groups.Rates(options.UnfrozenRateAfter(frozenEpochs), options.RateDecayPerStage);
            run.Cycle(stem, options.Epochs, cycle);
        }
        model.IsHeadNew = false;
        return run.Report();
    }

    /// <summary>What moves along in one call.</summary>
    private sealed class Run(
        FineTuner tuner, ITrainingSet data, Optimiser optimiser,
        Func<CancellationToken, Evaluation>? validate, IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        private readonly List<EpochReport> epochs = [];
        private readonly Stopwatch clock = Stopwatch.StartNew();
        private readonly Pace pace = new();
        private readonly int epochCount = tuner.frozenEpochs + tuner.options.Epochs;
        private int steps;
        private int phaseEnd;
        private bool interrupted;

        /// <summary>Some epochs through one cycle of rates, from the named stage up.</summary>
        public void Cycle(string from, int count, OneCycle schedule)
        {
            if (interrupted) return;
            tuner.Groups.FreezeBelow(from);
            int first = steps;
            phaseEnd = first + count * data.BatchesPerEpoch;
            pace.BeginPhase();
            for (int i = 0; i < count && !interrupted; i++) Epoch(from, step => schedule.FactorAt(step - first));
        }

        public FitReport Report() => new(epochs, steps, clock.Elapsed.TotalSeconds, tuner.Groups.TrainableParameters, interrupted);

        private void Epoch(string from, Func<int, double> factorAt)
        {
            double begin = clock.Elapsed.TotalSeconds, sum = 0, before = begin, headRate = tuner.Groups.Stages[^1].Rate, rate = 0;
            int examples = 0, number = epochs.Count + 1, first = steps, last = steps + data.BatchesPerEpoch;
            bool stopped = false;
            Evaluation? validation = null;
            try
            {
                foreach (var batch in data.Epoch(epochs.Count, cancellation))
                {
                    double factor = factorAt(steps);
                    sum += Step(batch, factor) * batch.Count;
                    examples += batch.Count;
                    rate = headRate * factor;
                    tuner.StepsMade = ++steps;
                    double now = clock.Elapsed.TotalSeconds;
                    pace.Step(now - before);
                    before = now;
                    // the epoch's last step is told together with its report
                    if (steps < last) Tell(number, sum / examples, rate, finished: null);
                    cancellation.ThrowIfCancellationRequested();
                }
                validation = validate?.Invoke(cancellation);
                if (validation is not null) pace.Validation(clock.Elapsed.TotalSeconds - before);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                interrupted = true;
                stopped = steps < last || (validate is not null && validation is null);
            }
            if (examples == 0) return;
            var report = new EpochReport(number, from, sum / examples, rate, clock.Elapsed.TotalSeconds - begin, validation)
            {
                Steps = steps - first,
                Examples = examples,
                Interrupted = stopped,
            };
            epochs.Add(report);
            Tell(number, report.Loss, rate, report);
        }

        private double Step(ITrainingBatch batch, double factor)
        {
            using var pass = Pass.Train(tuner.device, tuner.options.Seed + (ulong)steps);
            try
            {
                var loss = batch.Loss(pass);
                float value = loss.Value.ToArray()[0];
                if (!float.IsFinite(value)) throw new NonFiniteException("the loss", value, $" in step {steps + 1}");
                optimiser.Step(pass.Backward(loss), factor);
                return value;
            }
            catch
            {
                // no step was made, so what it would have changed beside the weights stays as well
                pass.ForgetUpdates();
                throw;
            }
        }

        private void Tell(int epoch, double loss, double rate, EpochReport? finished)
        {
            if (progress is null) return;
            int all = epochCount * data.BatchesPerEpoch, validations = validate is null ? 0 : epochCount - epoch + (finished is null ? 1 : 0);
            progress.Report(new FitProgress(epoch, epochCount, steps, all, loss, rate, clock.Elapsed, finished)
            {
                Remaining = pace.Of(Math.Max(0, phaseEnd - steps), all - phaseEnd, validations),
            });
        }
    }
}
