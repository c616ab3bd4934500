using System.Globalization;
using System.Text.Json;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>Tells how a training went, epoch by epoch.</summary>
internal static class ReportOutput
{
    public static void Write(Utf8JsonWriter json, FitReport report)
    {
        json.WriteStartArray("epochs");
        foreach (var epoch in report.Epochs)
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Epoch);
            json.WriteString("learningFrom", epoch.LearningFrom);
            if (epoch.LearningTo is { } to) json.WriteString("learningTo", to);
            json.WriteFigure("loss", epoch.Loss);
            json.WriteFigure("rate", epoch.Rate);
            json.WriteFigure("seconds", epoch.Seconds);
            json.WriteNumber("steps", epoch.Steps);
            json.WriteNumber("examples", epoch.Examples);
            json.WriteBoolean("interrupted", epoch.Interrupted);
            WriteValidation(json, epoch.Validation);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        var last = report.Epochs is [.., var found] ? found : null;
        json.WriteNumber("steps", report.Steps);
        if (report.ResumedFrom is { } step) json.WriteNumber("resumedFrom", step);
        else json.WriteNull("resumedFrom");
        json.WriteFigure("seconds", report.Seconds);
        json.WriteNumber("trainableParameters", report.TrainableParameters);
        json.WriteFigure("trainingLoss", last?.Loss);
        WriteValidation(json, last?.Validation);
    }

    public static void Write(TextWriter output, FitReport report)
    {
        string[] metrics = [.. report.Epochs.SelectMany(static epoch => epoch.Validation?.Metrics.All ?? []).Select(static metric => metric.Name).Distinct()];
        Tables.Write(
            output, ["epoch", "learning from", "training loss", "rate", "seconds", .. metrics.Select(static name => $"held-out {name}")],
            report.Epochs.Select(epoch => Row(epoch, metrics)));
    }

    /// <summary>Figures by name, as members of the object that is being written.</summary>
    public static void WriteMetrics(Utf8JsonWriter json, Evaluation evaluation)
    {
        json.WriteNumber("examples", evaluation.Examples);
        json.WriteNumber("correct", evaluation.Correct);
        json.WriteFigure("accuracy", evaluation.Accuracy);
        json.WriteFigure("loss", evaluation.Loss);
        foreach (var (name, value) in evaluation.Metrics.All)
            if (name is not (Metrics.Accuracy or Metrics.Loss)) json.WriteFigure(name, value);
    }

    /// <summary>A figure as people read it: shares in percent, a loss as it is.</summary>
    public static string Text(string metric, double value) => metric switch
    {
        _ when metric == Metrics.Loss || metric.EndsWith("_loss", StringComparison.Ordinal) => Tables.Loss(value),
        "bleu" or "chrf" => value.ToString("0.00", CultureInfo.InvariantCulture),
        "pearson" or "spearman" or "matthews" or "perplexity" => value.ToString("0.000", CultureInfo.InvariantCulture),
        _ => Tables.Percent(value),
    };

    /// <summary>What learnt in an epoch.</summary>
    public static string Stages(EpochReport epoch) => epoch.LearningTo is not { } last ? epoch.LearningFrom
        : last == epoch.LearningFrom ? $"{last} alone" : $"{epoch.LearningFrom} to {last}";

    private static string[] Row(EpochReport epoch, string[] metrics) =>
    [
        epoch.Epoch.ToString(CultureInfo.InvariantCulture) + (epoch.Interrupted ? " (interrupted)" : ""), Stages(epoch), Tables.Loss(epoch.Loss), Tables.Rate(epoch.Rate),
        epoch.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
        .. metrics.Select(name => epoch.Validation?.Metrics.Find(name) is { } value ? Text(name, value) : "-"),
    ];

    private static void WriteValidation(Utf8JsonWriter json, Evaluation? validation)
    {
        if (validation is null)
        {
            json.WriteNull("validation");
            return;
        }
        json.WriteStartObject("validation");
        WriteMetrics(json, validation);
        json.WriteEndObject();
    }
}
