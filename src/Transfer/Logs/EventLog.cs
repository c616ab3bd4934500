namespace Graft.Transfer;

/// <summary>Tells TensorBoard how a training goes: <c>loss/train</c> and <c>rate/GROUP</c> of each step, <c>loss/epoch</c> and <c>validation/METRIC</c> of each
/// epoch.</summary>
/// <remarks>A training that goes on writes a file of its own, which takes the place of what the older one has of later steps.</remarks>
public sealed class EventLog : TrainingObserver, IDisposable
{
    private readonly string folder;
    private EventFileWriter? events;
    private string[] rateTags = [];

    /// <summary>Chooses a folder.</summary>
    /// <param name="folder">The folder of event files (<c>--logdir</c> of TensorBoard), made with the first.</param>
    public EventLog(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        this.folder = folder;
    }

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        rateTags = [.. context.Groups.Select(static group => $"rate/{group.Name}")];
        if (events is not null) return;
        events = EventFileWriter.Create(folder);
        if (context.Step > 0) events.SessionStart(context.Step + 1);
    }

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        events!.Scalar("loss/train", context.Loss, context.Step);
        for (int i = 0; i < rateTags.Length; i++)
            if (context.Groups[i] is { IsFrozen: false } group) events.Scalar(rateTags[i], group.Rate * context.RateFactor, context.Step);
    }

    /// <inheritdoc/>
    public override void EpochDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var report = context.LastEpoch!;
        events!.Scalar("loss/epoch", report.Loss, context.Step);
        foreach (var (name, value) in report.Validation?.Metrics.All ?? []) events.Scalar($"validation/{name}", value, context.Step);
        events.Flush();
    }

    /// <inheritdoc/>
    public override void FitEnded(TrainingContext context) => events?.Flush();

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        events?.Dispose();
        events = null;
    }
}
