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
    /// <summary>How well the recipe does on what it has not learnt from; null where that was not asked for.</summary>
    public CrossValidation? Folds { get; init; }

    /// <summary>What the transfer was worth; null where nobody asked.</summary>
    public ReportMade? Worth { get; init; }

    /// <summary>What is known of the domain that it was adapted to; null for none.</summary>
    public DomainComparison? Domains { get; init; }

    /// <summary>The folder of the other task; null where there was none, or its head was not to be kept.</summary>
    public string? JointSavedTo { get; init; }

    private BatchPlan Plan => new(Training.Count, Options.BatchSizeFor(Training.Count), even: true);

    public void WriteJson(TextWriter output) => JsonOutput.Write(output, json =>
    {
        Choice.Write(json, Classifier);
        json.WriteString("data", Data);
        json.WriteTexts("classes", Classifier.ClassNames);
        json.WriteNumber("examples", Training.Count);
        ReportOutput.Write(json, Report);
        FoldOptions.Write(json, Folds);
        if (Domains is not null)
        {
            json.WriteString("method", Options.Adaptation.Method!.Name);
            AdaptationOutcome.Write(json, "target", Classifier.ClassNames, Domains);
        }
        json.WriteString("out", SavedTo);
        if (JointSavedTo is not null)
        {
            json.WriteString("jointOut", JointSavedTo);
            json.WriteTexts("jointClasses", Classifier.Joint!.ClassNames);
        }
        json.WriteBoolean("interrupted", Report.Interrupted);
        json.WriteNumber("batchSize", Options.BatchSizeFor(Training.Count));
        json.WriteNumber("stepsPerEpoch", Plan.Count);
        Notes.Write(json, Unreadable);
        Notes.Write(json, Training.Notes);
        json.WriteNumber("seed", Options.Recipe.Seed);
        json.WriteString("device", Device);
        Worth?.WriteJson(json);
    });

    public void WriteText(TextWriter output)
    {
        ReportOutput.Write(output, Report);
        FoldOptions.Write(output, Folds);
        string left = Unreadable.Count == 0 ? "" : $"; {Tables.Count(Unreadable.Count)} {(Unreadable.Count == 1 ? "picture" : "pictures")} that could not be read left out";
        output.WriteLine(
            $"{Classifier.Model.Name}: {Tables.Count(Training.Count)} pictures of {Tables.Count(Classifier.ClassNames.Count)} classes, {Pictures(Plan)} a step, "
            + $"{Tables.Count(Plan.Count)} {(Plan.Count == 1 ? "step" : "steps")} an epoch; {Tables.Count(Report.Steps)} steps in {Tables.Seconds(Report.Seconds)}, "
            + $"{Tables.Count(Report.TrainableParameters)} parameters trained{left}");
        if (Domains is not null) output.WriteLine($"{Options.Adaptation.Method} on {Printable.Whole(Options.Adaptation.Target!)}: {AdaptationOutcome.Text(Classifier.ClassNames, Domains)}");
        if (SavedTo is { } folder) output.WriteLine($"saved in {Printable.Whole(folder)}");
        if (JointSavedTo is { } other) output.WriteLine($"the other task, {Tables.Count(Classifier.Joint!.ClassNames.Count)} classes, saved in {Printable.Whole(other)}");
        Worth?.WriteText(output);
    }

    private static string Pictures(BatchPlan plan) => plan.Smallest == plan.Largest ? Tables.Count(plan.Largest) : $"{Tables.Count(plan.Smallest)} or {Tables.Count(plan.Largest)}";
}
