using System.Diagnostics.Metrics;

namespace Graft.Transfer;

/// <summary>Instruments of trainings for OpenTelemetry and <c>dotnet-counters</c>: the meter <c>Graft</c>. Nothing is measured where nobody listens.</summary>
/// <remarks>
/// <c>graft.training.steps</c> ({step}) and <c>graft.training.examples</c> ({example}) count; their rates are steps and examples per second.
/// <c>graft.training.step.duration</c> and <c>graft.training.epoch.duration</c> (s) are histograms; <c>graft.training.loss</c> and
/// <c>graft.training.learning_rate</c> (1) are gauges of the last step. Each has the attribute <c>graft.model</c>, the model's name.
/// </remarks>
public static class TrainingTelemetry
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Graft";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Steps = Meter.CreateCounter<long>("graft.training.steps", "{step}", "Steps that trainings have made.");
    private static readonly Counter<long> Examples = Meter.CreateCounter<long>("graft.training.examples", "{example}", "Examples that were learnt from.");
    private static readonly Histogram<double> StepDuration = Meter.CreateHistogram<double>("graft.training.step.duration", "s", "How long steps take, waiting for data included.");
    private static readonly Histogram<double> EpochDuration = Meter.CreateHistogram<double>("graft.training.epoch.duration", "s", "How long epochs take, evaluation included.");
    private static readonly Gauge<double> Loss = Meter.CreateGauge<double>("graft.training.loss", "1", "The mean loss of the last batch.");
    private static readonly Gauge<double> Rate = Meter.CreateGauge<double>("graft.training.learning_rate", "1", "The head's learning rate in the last step.");

    /// <summary>Whether anybody listens to any of them.</summary>
    internal static bool IsListened => Steps.Enabled || Examples.Enabled || StepDuration.Enabled || EpochDuration.Enabled || Loss.Enabled || Rate.Enabled;

    /// <summary>Measures a fit.</summary>
    internal sealed class Observer : TrainingObserver
    {
        private KeyValuePair<string, object?> model;
        private TimeSpan before;

        public override void FitStarted(TrainingContext context)
        {
            model = new("graft.model", context.Models.Count > 0 ? context.Models[0].Name : "");
            before = context.Elapsed;
        }

        public override void EpochStarting(TrainingContext context) => before = context.Elapsed;

        public override void StepDone(TrainingContext context)
        {
            var now = context.Elapsed;
            Steps.Add(1, model);
            Examples.Add(context.Batch!.Count, model);
            StepDuration.Record((now - before).TotalSeconds, model);
            Loss.Record(context.Loss, model);
            Rate.Record(context.Rate, model);
            before = now;
        }

        public override void EpochDone(TrainingContext context) => EpochDuration.Record(context.LastEpoch!.Seconds, model);
    }
}
