using Graft.Models;

namespace Graft.Transfer;

/// <summary>What <see cref="RegularisationOptions"/> ask for, over one fine-tuning.</summary>
internal sealed class Regularisation : IDisposable
{
    private readonly StartPenalty? penalty;
    private readonly WeightAverage? average;
    private readonly BranchDropping? branches;

    /// <exception cref="ArgumentException">The model has not what an option is about.</exception>
    public Regularisation(Model model, RegularisationOptions options)
    {
        branches = options.StochasticDepth is { } probability ? new BranchDropping(model, probability) : null;
        penalty = options.StartPenalty is not { } alpha ? null : options.HeadPenalty is { } beta ? new StartPenalty(alpha, beta) : new StartPenalty(alpha);
        average = options.AverageDecay is { } decay ? new WeightAveraging(decay) { WarmsUp = true, Evaluates = true }
            : options.AverageStart is { } start ? new StochasticWeightAveraging(start, options.AverageRateFactor ?? 0.5) { Evaluates = true }
            : null;
        Backward = options.SharpnessRadius is { } rho ? new SharpnessAware(rho) : null;
        Observers = [.. new TrainingObserver?[] { penalty, average }.OfType<TrainingObserver>()];
    }

    /// <summary>What takes part in the training, before what else does.</summary>
    public IReadOnlyList<TrainingObserver> Observers { get; }

    /// <summary>How gradients come about; null for one backward.</summary>
    public BackwardRule? Backward { get; }

    /// <summary>Gives the models the average of their weights, where there is one.</summary>
    public void Adopt(Trainer trainer, ITrainingSet data) => average?.Adopt(trainer, data);

    public void Dispose()
    {
        branches?.Dispose();
        penalty?.Dispose();
        average?.Dispose();
        Backward?.Dispose();
    }
}
