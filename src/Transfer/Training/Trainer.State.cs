namespace Graft.Transfer;

public sealed partial class Trainer
{
    private TimeSpan elapsedBefore;

    /// <summary>Where the training is kept while it runs, so that it can go on after an interruption; null for nowhere.</summary>
    /// <remarks>A training goes on where the same program makes the same fits of the same trainer again: those that were over are passed over, the one that
    /// was running goes on where it was kept.</remarks>
    public TrainingCheckpoints? Checkpoints { get; init; }

    internal void WriteState(StateWriter state)
    {
        state.WholeNumber("steps", StepsMade);
        state.Number("seconds", Elapsed.TotalSeconds);
        state.WholeNumber("is_stopped_early", isStoppedEarly ? 1 : 0);
        EpochReports.Write(state.Within("epochs"), reports);
    }

    internal void ReadState(StateReader state)
    {
        EpochReport[] read = [.. EpochReports.Read(state.Within("epochs"))];
        int steps = state.Count("steps");
        bool isStopped = state.Count("is_stopped_early") != 0;
        if (!(state.Number("seconds") is >= 0 and <= 1e12 and var seconds)) throw state.Wrong("seconds", "a time");
        (StepsMade, isStoppedEarly, elapsedBefore) = (steps, isStopped, TimeSpan.FromSeconds(seconds));
        reports.Clear();
        reports.AddRange(read);
    }
}
