using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Looks for a learning rate: some steps with a rate that rises, until the loss is several times the best (Smith 2017; fastai's <c>lr_find</c>). Weights
/// and buffers are as before afterwards.</summary>
/// <example><code>
/// var curve = new RateFinder().Find(groups, OptimiserKind.AdamW, trainingSet, Device.Cpu);
/// groups.Rates(curve.Valley);
/// </code></example>
public sealed record RateFinder
{
    private const double Smoothing = 0.98;

    /// <summary>The head's rate in the first step; above 0.</summary>
    public double Lowest { get; init; } = 1e-7;

    /// <summary>The head's rate in the last step; above <see cref="Lowest"/>.</summary>
    public double Highest { get; init; } = 10;

    /// <summary>How many steps there are at most.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>It ends where the smoothed loss is so many times the best.</summary>
    public double Divergence { get; init; } = 4;

    /// <summary>The seed of what a step draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether backward computes activations again (<see cref="Trainer.ActivationCheckpointing"/>).</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>Trains with rising rates, and puts everything back. The groups' rates keep their ratios; the last group's, the head's, is what the curve has.</summary>
    /// <param name="groups">What is trained.</param>
    /// <param name="optimiser">By what rule; a new one is made and its state dropped.</param>
    /// <param name="data">What is learnt from, from its first epoch on.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="settings">The optimiser's settings; null for the usual ones.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Ends the search after the step that is running; the curve is as long as it came.</param>
    /// <exception cref="ArgumentException">A setting is impossible.</exception>
    /// <exception cref="InvalidOperationException">A model is being trained already, or the last group has no rate.</exception>
    public RateCurve Find(
        ParameterGroups groups, OptimiserKind optimiser, ITrainingSet data, Device device, OptimiserOptions? settings = null,
        IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(optimiser);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(device);
        Validate();
        if (!groups[^1].HasRate)
            throw new InvalidOperationException($"the last group, '{groups[^1].Name}', has no rate to keep the others' ratios to: give the groups their rates (ParameterGroups.Rates)");
        using var kept = new WeightCopies(groups, device);
        using var rule = optimiser.Create(groups, settings ?? new OptimiserOptions());
        var rising = new Rising(this, groups[^1].Rate);
        var trainer = new Trainer(rule, device) { Seed = Seed, ActivationCheckpointing = ActivationCheckpointing, Observers = [rising] };
        try
        {
            trainer.Fit(data, Math.Max(1, (Steps + data.BatchesPerEpoch - 1) / data.BatchesPerEpoch), progress: progress, cancellation: cancellation);
        }
        catch (NonFiniteException) when (rising.Rates.Count > 0)
        {
            // as divergent as a loss can be: the curve ends here
        }
        finally
        {
            kept.Restore();
        }
        return new RateCurve(rising.Rates, rising.Losses);
    }

    private void Validate()
    {
        if (!(Lowest > 0 && double.IsFinite(Highest) && Highest > Lowest))
            throw new ArgumentException($"rates cannot rise from {Lowest} to {Highest}: both are above 0, and the second is above the first");
        if (Steps < 2) throw new ArgumentException($"{Steps} steps are too few for a rate to rise in");
        if (!(Divergence > 1)) throw new ArgumentException($"a loss diverges at more than 1 times the best, not {Divergence}");
    }

    /// <summary>Raises the rate by the same factor in each step, and remembers the smoothed losses.</summary>
    private sealed class Rising(RateFinder finder, double headRate) : TrainingObserver
    {
        private double mean, best = double.PositiveInfinity;

        public List<double> Rates { get; } = [];

        public List<double> Losses { get; } = [];

        public override void StepStarting(TrainingContext context)
        {
            double rate = finder.Lowest * Math.Pow(finder.Highest / finder.Lowest, (double)Rates.Count / finder.Steps);
            context.RateFactor = rate / headRate;
            Rates.Add(rate);
        }

        public override void GradientsReady(TrainingContext context)
        {
            mean = Smoothing * mean + (1 - Smoothing) * context.Loss;
            Losses.Add(mean / (1 - Math.Pow(Smoothing, Rates.Count)));
        }

        public override void StepDone(TrainingContext context)
        {
            best = Math.Min(best, Losses[^1]);
            if (Losses[^1] > finder.Divergence * best || Rates.Count >= finder.Steps) context.Stop();
        }

        public override void FitEnded(TrainingContext context)
        {
            // a step whose loss was not finite has no point
            if (Rates.Count > Losses.Count) Rates.RemoveAt(Rates.Count - 1);
        }
    }
}
