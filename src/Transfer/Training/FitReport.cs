namespace Graft.Transfer;

/// <summary>The result of a training.</summary>
/// <param name="Epochs">Each epoch; the last may be a part of one.</param>
/// <param name="Steps">How many steps were made.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="TrainableParameters">The number of trainable elements in the end.</param>
/// <param name="Interrupted">Whether it was cancelled before its end; the model holds what was learnt until then.</param>
public sealed record FitReport(IReadOnlyList<EpochReport> Epochs, int Steps, double Seconds, long TrainableParameters, bool Interrupted)
{
    /// <summary>Whether an observer ended it before its last epoch (<see cref="TrainingContext.Stop"/>).</summary>
    public bool StoppedEarly { get; init; }

    /// <summary>The step of the checkpoint that it went on from; null where it began. Epochs, steps and seconds are those of the whole training.</summary>
    public int? ResumedFrom { get; init; }
}

/// <summary>One epoch of a training.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="LearningFrom">The first group that learnt in it: a stage of the model.</param>
/// <param name="Loss">The mean loss over its examples, each as it was when its turn came.</param>
/// <param name="Rate">The head's learning rate at its end.</param>
/// <param name="Seconds">How long it took, validation included.</param>
/// <param name="Validation">How the model did afterwards on examples that were held out, if there are any.</param>
public sealed record EpochReport(int Epoch, string LearningFrom, double Loss, double Rate, double Seconds, Evaluation? Validation)
{
    /// <summary>The last group that learnt in it, where those above did not; null where the last of all learnt.</summary>
    public string? LearningTo { get; init; }

    /// <summary>The index of the fit that it belongs to: the phase of a fine-tuning (<see cref="FineTuner.Phases"/>).</summary>
    public int Phase { get; init; }

    /// <summary>How many steps were made in it.</summary>
    public int Steps { get; init; }

    /// <summary>How many examples they saw.</summary>
    public int Examples { get; init; }

    /// <summary>Whether it was stopped before its end.</summary>
    public bool Interrupted { get; init; }
}

/// <summary>The progress of a training.</summary>
/// <param name="Epoch">The epoch that is running, from 1.</param>
/// <param name="Epochs">How many there are.</param>
/// <param name="Step">How many steps are done.</param>
/// <param name="Steps">How many there are.</param>
/// <param name="Loss">The mean loss over the epoch so far.</param>
/// <param name="Rate">The head's learning rate.</param>
/// <param name="Elapsed">The time since the beginning.</param>
/// <param name="Finished">The epoch that this step ended, after its validation.</param>
public sealed record FitProgress(int Epoch, int Epochs, int Step, int Steps, double Loss, double Rate, TimeSpan Elapsed, EpochReport? Finished)
{
    /// <summary>How long the rest will take: by the steps made so far without the first few, which are slow, and by the validations;
    /// null before enough is known.</summary>
    public TimeSpan? Remaining { get; init; }
}
