using System.Globalization;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>Shows every step of a training, and a line for each epoch.</summary>
internal sealed class TrainingProgress(ProgressDisplay display) : IProgress<FitProgress>
{
    private const int MostMetrics = 3;

    /// <summary>How many steps were made so far.</summary>
    public int Steps { get; private set; }

    public void Report(FitProgress value)
    {
        Steps = value.Step;
        if (value.Finished is { } epoch) display.Line(Line(epoch, value.Epochs));
        double pace = value.Step / Math.Max(value.Elapsed.TotalSeconds, 1e-9);
        string what = string.Create(CultureInfo.InvariantCulture,
            $"epoch {value.Epoch}/{value.Epochs}, step {value.Step}/{value.Steps}, loss {Tables.Loss(value.Loss)}, rate {Tables.Rate(value.Rate)}, {pace:0.0} steps/s");
        display.At(value.Step, value.Steps, what, value.Remaining);
    }

    private static string Line(EpochReport epoch, int epochs)
    {
        string held = epoch.Validation is { } validation
            ? $", held out: {string.Join(", ", validation.Metrics.All.Take(MostMetrics).Select(static metric => $"{metric.Name} {ReportOutput.Text(metric.Name, metric.Value)}"))}"
            : "";
        string what = epoch.LearningTo is null ? $"from {epoch.LearningFrom} up" : ReportOutput.Stages(epoch);
        string stopped = epoch.Interrupted ? string.Create(CultureInfo.InvariantCulture, $" interrupted after {epoch.Steps} steps") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"epoch {epoch.Epoch}/{epochs} ({what}){stopped}: loss {Tables.Loss(epoch.Loss)}{held}, {Tables.Seconds(epoch.Seconds)}");
    }
}
