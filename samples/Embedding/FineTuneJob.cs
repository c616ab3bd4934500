using System.Text.Json.Serialization;
using Graft.Transfer;

namespace Graft.Samples.Embedding;

/// <param name="Folder">The pictures, a sub-folder a class: a path below the training root.</param>
/// <param name="Epochs">How often each picture is seen.</param>
/// <param name="HeldOut">The share of the pictures that is kept from training and evaluated on.</param>
internal sealed record FineTuneRequest(string? Folder, int Epochs = 3, double HeldOut = 0.2);

/// <summary>How far a fine-tuning is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FineTuneState>))]
internal enum FineTuneState
{
    Waiting,
    Running,
    Done,
    Cancelled,
    Failed,
}

/// <summary>One fine-tuning: told of its progress by the thread that trains, asked for it by requests.</summary>
internal sealed class FineTuneJob(string id, string folder, FineTuneRequest request) : IProgress<FitProgress>, IDisposable
{
    private readonly CancellationTokenSource cancellation = new();
    private readonly Lock changing = new();
    private FineTuneStatus status = new(id, FineTuneState.Waiting, 0, request.Epochs, 0, 0, null, null, null, null, null);

    public string Id => id;

    public string Folder => folder;

    public FineTuneRequest Request => request;

    public CancellationToken Cancellation => cancellation.Token;

    public FineTuneStatus Status
    {
        get { lock (changing) return status; }
    }

    public bool HasEnded => Status.State is FineTuneState.Done or FineTuneState.Cancelled or FineTuneState.Failed;

    /// <summary>Training ends after its step, and what it learnt is dropped.</summary>
    public void Cancel() => cancellation.Cancel();

    public void Dispose() => cancellation.Dispose();

    public void Report(FitProgress value) => Change(now => now with
    {
        State = FineTuneState.Running,
        Epoch = value.Epoch,
        Step = value.Step,
        Steps = value.Steps,
        Loss = value.Loss,
        RemainingSeconds = value.Remaining?.TotalSeconds,
        Accuracy = value.Finished?.Validation?.Accuracy ?? now.Accuracy,
    });

    public void End(FineTuneState state, string? message = null, string? network = null) =>
        Change(now => now with { State = state, Message = message, Network = network, RemainingSeconds = null });

    private void Change(Func<FineTuneStatus, FineTuneStatus> change)
    {
        lock (changing) status = change(status);
    }
}

/// <param name="Id">The fine-tuning's name.</param>
/// <param name="State">Whether it waits, runs or how it ended.</param>
/// <param name="Epoch">The epoch that runs.</param>
/// <param name="Epochs">How many there are, those of the head alone not counted until training begins.</param>
/// <param name="Step">Steps made, of all epochs.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">The loss of the last step.</param>
/// <param name="RemainingSeconds">How long it will take, as far as is known.</param>
/// <param name="Accuracy">The share of the held-out pictures that is right after the last epoch.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Network">The fingerprint of the weights that were learnt and answer since.</param>
internal sealed record FineTuneStatus(
    string Id, FineTuneState State, int Epoch, int Epochs, int Step, int Steps, double? Loss, double? RemainingSeconds, double? Accuracy,
    string? Message, string? Network);
