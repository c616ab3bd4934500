using Graft.Models;

namespace Graft.Transfer;

/// <summary>Where a training stands between two steps, or between two epochs.</summary>
internal sealed record FitPosition
{
    /// <summary>Which fit of the trainer it is, from 0.</summary>
    public int Fit { get; init; }

    /// <summary>How many steps there were before that fit.</summary>
    public int FirstStep { get; init; }

    /// <summary>How many of its epochs are done.</summary>
    public int EpochsDone { get; init; }

    /// <summary>The batches of an epoch.</summary>
    public int StepsPerEpoch { get; init; }

    /// <summary>Whether an epoch has begun that has no report yet.</summary>
    public bool IsWithinEpoch { get; init; }

    /// <summary>The batches done of the epoch that is running or was the last.</summary>
    public int StepInEpoch { get; init; }

    /// <summary>The examples of those batches.</summary>
    public int Examples { get; init; }

    /// <summary>The sum of the losses over those examples.</summary>
    public double Sum { get; init; }

    /// <summary>The loss of the last batch.</summary>
    public double Loss { get; init; }

    /// <summary>What rates were multiplied by in the last step.</summary>
    public double RateFactor { get; init; }

    /// <summary>Whether an observer has ended the fit.</summary>
    public bool IsStopping { get; init; }

    /// <summary>How long the epoch that is running has taken.</summary>
    public double Seconds { get; init; }

    /// <summary>The first group that learns in it.</summary>
    public string From { get; init; } = "";

    /// <summary>The last that does, where those above it do not; null where they do.</summary>
    public string? To { get; init; }

    /// <summary>Refuses a fit that it cannot be the position in.</summary>
    /// <exception cref="CheckpointException">It has other epochs.</exception>
    public void Require(int stepsPerEpoch, int epochs, string file)
    {
        if (stepsPerEpoch != StepsPerEpoch || EpochsDone > epochs || StepInEpoch > stepsPerEpoch)
            throw new CheckpointException(
                file, $"stands at batch {StepInEpoch} of {StepsPerEpoch} after {EpochsDone} epochs, "
                + $"and this training has {epochs} epochs of {stepsPerEpoch} batches: it is of another training");
    }

    public void Write(StateWriter state)
    {
        state.WholeNumber("fit", Fit);
        state.WholeNumber("first_step", FirstStep);
        state.WholeNumber("epochs_done", EpochsDone);
        state.WholeNumber("steps_per_epoch", StepsPerEpoch);
        state.WholeNumber("is_within_epoch", IsWithinEpoch ? 1 : 0);
        state.WholeNumber("step_in_epoch", StepInEpoch);
        state.WholeNumber("examples", Examples);
        state.Number("sum", Sum);
        state.Number("loss", Loss);
        state.Number("rate_factor", RateFactor);
        state.WholeNumber("is_stopping", IsStopping ? 1 : 0);
        state.Number("seconds", Seconds);
        state.Text("from", From);
        if (To is not null) state.Text("to", To);
    }

    public static FitPosition Read(StateReader state) => new()
    {
        Fit = state.Count("fit"),
        FirstStep = state.Count("first_step"),
        EpochsDone = state.Count("epochs_done"),
        StepsPerEpoch = state.Count("steps_per_epoch"),
        IsWithinEpoch = state.Count("is_within_epoch") != 0,
        StepInEpoch = state.Count("step_in_epoch"),
        Examples = state.Count("examples"),
        Sum = state.Number("sum"),
        Loss = state.Number("loss"),
        RateFactor = state.Number("rate_factor"),
        IsStopping = state.Count("is_stopping") != 0,
        Seconds = state.Number("seconds"),
        From = state.Text("from"),
        To = state.Has("to") ? state.Text("to") : null,
    };
}
