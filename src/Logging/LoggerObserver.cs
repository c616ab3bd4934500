using Graft.Transfer;
using Microsoft.Extensions.Logging;

namespace Graft.Logging;

/// <summary>Tells an application's log how a training goes: fits and epochs at Information, steps at Debug, trainings that were stopped or broken off at
/// Warning, those that failed at Error. Each number is a value of its own (<c>Epoch</c>, <c>Step</c>, <c>Loss</c>, <c>Rate</c> ...).</summary>
/// <remarks>Hugging Face's <c>PrinterCallback</c>, for <c>Microsoft.Extensions.Logging</c>.</remarks>
/// <example><code>
/// var trainer = new Trainer(optimiser, Device.Cpu) { Observers = [new LoggerObserver(loggerFactory.CreateLogger("training"))] };
/// </code></example>
public sealed partial class LoggerObserver : TrainingObserver
{
    private readonly ILogger logger;

    /// <summary>Chooses a log.</summary>
    /// <param name="logger">The log; it stays the caller's.</param>
    public LoggerObserver(ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(logger);
        this.logger = logger;
    }

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (logger.IsEnabled(LogLevel.Information)) Started(NameOf(context), context.PhaseIndex, context.Groups.TrainableParameters, context.Epochs, context.StepsPerEpoch);
    }

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (logger.IsEnabled(LogLevel.Debug)) Step(NameOf(context), context.Step, context.Epoch, context.Loss, context.Rate, context.HasMoved);
    }

    /// <inheritdoc/>
    public override void EpochDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!logger.IsEnabled(LogLevel.Information)) return;
        var report = context.LastEpoch!;
        Epoch(NameOf(context), report.Epoch, context.Epochs, report.Loss, report.Rate, report.Seconds);
        foreach (var metric in report.Validation?.Metrics.All ?? []) Validation(NameOf(context), report.Epoch, metric.Name, metric.Value);
    }

    /// <inheritdoc/>
    public override void FitEnded(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        string model = NameOf(context);
        switch (context.Failure)
        {
            case NonFiniteException broken:
                NotFinite(model, broken.Step ?? context.Step + 1, broken.Epoch ?? context.Epoch, broken.Module, broken);
                break;
            case { } failure:
                Failed(model, context.Step, context.Epoch, failure);
                break;
            case null when context.IsInterrupted:
                Interrupted(model, context.Step, context.Epoch);
                break;
            case null when context.IsStopping:
                Stopped(model, context.Step, context.Epoch);
                break;
            default:
                Ended(model, context.Step, context.Epoch, context.Elapsed.TotalSeconds);
                break;
        }
    }

    private static string NameOf(TrainingContext context) => context.Models.Count > 0 ? context.Models[0].Name : "";

    [LoggerMessage(1, LogLevel.Information, "training of {Model} begins: phase {Phase}, {Trainable} parameters learn, {Epochs} epochs of {StepsPerEpoch} steps in all")]
    private partial void Started(string model, int phase, long trainable, int epochs, int stepsPerEpoch);

    [LoggerMessage(2, LogLevel.Debug, "{Model} step {Step} (epoch {Epoch}): loss {Loss}, rate {Rate}, moved {HasMoved}")]
    private partial void Step(string model, int step, int epoch, double loss, double rate, bool hasMoved);

    [LoggerMessage(3, LogLevel.Information, "{Model} epoch {Epoch} of {Epochs}: loss {Loss}, rate {Rate}, {Seconds} s")]
    private partial void Epoch(string model, int epoch, int epochs, double loss, double rate, double seconds);

    [LoggerMessage(4, LogLevel.Information, "{Model} epoch {Epoch}, validation: {Metric} {Value}")]
    private partial void Validation(string model, int epoch, string metric, double value);

    [LoggerMessage(5, LogLevel.Information, "training of {Model} ended after {Step} steps in epoch {Epoch}, {Seconds} s")]
    private partial void Ended(string model, int step, int epoch, double seconds);

    [LoggerMessage(6, LogLevel.Warning, "training of {Model} was stopped early after {Step} steps in epoch {Epoch}")]
    private partial void Stopped(string model, int step, int epoch);

    [LoggerMessage(7, LogLevel.Warning, "training of {Model} was broken off after {Step} steps in epoch {Epoch}; it keeps what it learnt")]
    private partial void Interrupted(string model, int step, int epoch);

    [LoggerMessage(8, LogLevel.Error, "training of {Model} met a number that is not finite in step {Step} (epoch {Epoch}), first in {Module}; the weights are those before it")]
    private partial void NotFinite(string model, int step, int epoch, string? module, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "training of {Model} failed after {Step} steps in epoch {Epoch}")]
    private partial void Failed(string model, int step, int epoch, Exception exception);
}
