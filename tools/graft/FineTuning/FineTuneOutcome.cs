using System.Globalization;
using System.Text.Json;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>What <c>graft fine-tune</c> says when it is done.</summary>
/// <param name="Choice">What was adapted.</param>
/// <param name="Classifier">What came of it.</param>
/// <param name="Data">The folder of pictures.</param>
/// <param name="Training">What it learnt from.</param>
/// <param name="Unreadable">The pictures that could not be read and were left out.</param>
/// <param name="Report">How it went.</param>
/// <param name="SavedTo">The folder of the classifier; null where nothing was saved.</param>
/// <param name="Device">Where it was computed.</param>
/// <param name="Options">How it was asked for.</param>
internal sealed record FineTuneOutcome(
    ModelChoice Choice, ImageClassifier Classifier, string Data, LabelledImages Training, IReadOnlyCollection<(string Path, string Problem)> Unreadable,
    FitReport Report, string? SavedTo, string Device, ImageFineTuneOptions Options)
{
    private BatchPlan Plan => new(Training.Count, Options.BatchSizeFor(Training.Count), even: true);

    private EpochReport? Last => Report.Epochs is [.., var last] ? last : null;

    public void WriteJson(TextWriter output) => JsonOutput.Write(output, json =>
    {
        Choice.Write(json, Classifier);
        json.WriteString("data", Data);
        json.WriteTexts("classes", Classifier.ClassNames);
        json.WriteNumber("examples", Training.Count);
        json.WriteStartArray("epochs");
        foreach (var epoch in Report.Epochs)
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Epoch);
            json.WriteString("learningFrom", epoch.LearningFrom);
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
        json.WriteNumber("steps", Report.Steps);
        json.WriteFigure("seconds", Report.Seconds);
        json.WriteNumber("trainableParameters", Report.TrainableParameters);
        json.WriteFigure("trainingLoss", Last?.Loss);
        WriteValidation(json, Last?.Validation);
        json.WriteString("out", SavedTo);
        json.WriteBoolean("interrupted", Report.Interrupted);
        json.WriteNumber("batchSize", Options.BatchSizeFor(Training.Count));
        json.WriteNumber("stepsPerEpoch", Plan.Count);
        Notes.Write(json, Unreadable);
        Notes.Write(json, Training.Notes);
        json.WriteNumber("seed", Options.Recipe.Seed);
        json.WriteString("device", Device);
    });

    public void WriteText(TextWriter output)
    {
        bool validated = Report.Epochs.Any(epoch => epoch.Validation is not null);
        string[] headings = ["epoch", "learning from", "training loss", "rate", "seconds"];
        if (validated) headings = [.. headings, "held-out accuracy", "held-out loss"];
        Tables.Write(output, headings, Report.Epochs.Select(epoch => Row(epoch, validated)));
        string left = Unreadable.Count == 0 ? "" : $"; {Tables.Count(Unreadable.Count)} {(Unreadable.Count == 1 ? "picture" : "pictures")} that could not be read left out";
        output.WriteLine(
            $"{Classifier.Model.Name}: {Tables.Count(Training.Count)} pictures of {Tables.Count(Classifier.ClassNames.Count)} classes, {Pictures(Plan)} a step, "
            + $"{Tables.Count(Plan.Count)} {(Plan.Count == 1 ? "step" : "steps")} an epoch; {Tables.Count(Report.Steps)} steps in {Tables.Seconds(Report.Seconds)}, "
            + $"{Tables.Count(Report.TrainableParameters)} parameters trained{left}");
        if (SavedTo is { } folder) output.WriteLine($"saved in {Printable.Whole(folder)}");
    }

    private static string Pictures(BatchPlan plan) => plan.Smallest == plan.Largest ? Tables.Count(plan.Largest) : $"{Tables.Count(plan.Smallest)} or {Tables.Count(plan.Largest)}";

    private static string[] Row(EpochReport epoch, bool validated)
    {
        string[] row =
        [
            epoch.Epoch.ToString(CultureInfo.InvariantCulture) + (epoch.Interrupted ? " (interrupted)" : ""), epoch.LearningFrom, Tables.Loss(epoch.Loss), Tables.Rate(epoch.Rate),
            epoch.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
        ];
        if (!validated) return row;
        return epoch.Validation is { } validation
            ? [.. row, Tables.Percent(validation.Accuracy), Tables.Loss(validation.Loss)]
            : [.. row, "-", "-"];
    }

    private static void WriteValidation(Utf8JsonWriter json, Evaluation? validation)
    {
        if (validation is null)
        {
            json.WriteNull("validation");
            return;
        }
        json.WriteStartObject("validation");
        json.WriteNumber("examples", validation.Examples);
        json.WriteNumber("correct", validation.Correct);
        json.WriteFigure("accuracy", validation.Accuracy);
        json.WriteFigure("loss", validation.Loss);
        json.WriteEndObject();
    }
}
