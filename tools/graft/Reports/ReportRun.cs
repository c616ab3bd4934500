using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary>Runs a comparison of arms, shows how far it is, writes its files and says what came of it.</summary>
internal static class ReportRun
{
    /// <summary>The share of the examples that is kept for the test where none is given.</summary>
    public const double UsualTestShare = 0.25;

    public static TransferReport Pictures(
        ImageModelSource source, LabelledImages training, LabelledImages? test, ImageFineTuneOptions options, TransferComparisonOptions comparison, LabelledImages? sourceTest,
        Device device, TextWriter error, CancellationToken interrupt)
    {
        var checking = ImageClassifier.From(source, device);
        return Guarded(() => ProgressDisplay.Show(error, display =>
        {
            if (test is null) (training, test) = training.Split(options.HeldOut > 0 ? options.HeldOut : UsualTestShare, options.Recipe.Seed);
            training = Readable(training, options.Recipe.Seed, everyClass: true);
            test = Readable(test, null, everyClass: false);
            return TransferComparison.Run(
                source, training, test, options with { HeldOut = 0, Validation = null }, comparison, sourceTest, device, new Progress(display), interrupt);

            LabelledImages Readable(LabelledImages images, ulong? trainingSeed, bool everyClass)
            {
                var bad = checking.Check(images, trainingSeed, display.Count(images.Count, "checking picture"), interrupt);
                foreach (var problem in bad.Values) display.Line($"graft: left out: {Shell.Line(problem.Message)}");
                return images.Without(bad, everyClass);
            }
        }));
    }

    public static TransferReport Texts(
        TextModelSource source, LabelledTexts training, LabelledTexts? test, TextFineTuneOptions options, TransferComparisonOptions comparison, LabelledTexts? sourceTest,
        Device device, TextWriter error, CancellationToken interrupt)
    {
        if (training.Kind != TextLabelKind.SingleLabel) throw new WrongInputException("a report is of texts with one class each: leave --labels out");
        if (test is null) (training, test) = training.Split(options.HeldOut > 0 ? options.HeldOut : UsualTestShare, options.Recipe.Seed);
        return Guarded(() => ProgressDisplay.Show(error, display => TransferComparison.Run(
            source, training, test, options with { HeldOut = 0, Validation = null }, comparison, sourceTest, device, new Progress(display), interrupt)));
    }

    /// <summary>The verdict and the arms, as a table or as members of an object.</summary>
    public static void Tell(TextWriter output, TransferReport report, string folder)
    {
        Tables.Write(output, ["arm", "accuracy", "+-", "loss", "calibration error", "seconds a run"], report.Arms.Select(static arm => (IReadOnlyList<string>)
        [
            arm.Name, Tables.Percent(arm.Accuracy), double.IsNaN(arm.Spread) ? "-" : Tables.Percent(arm.Spread), Tables.Loss(arm.Loss), Tables.Percent(arm.CalibrationError),
            Tables.Seconds(arm.Seconds),
        ]));
        output.WriteLine(report.Verdict?.ToString() ?? "no verdict: there is no arm from scratch, or none with published weights");
        if (report.Adaptation is { } adaptation) output.WriteLine($"adaptation: {adaptation}");
        output.WriteLine($"the page is {Printable.Whole(Path.Combine(folder, TransferReportFiles.HtmlName))}");
    }

    /// <summary>The same as members of an object.</summary>
    public static void Write(Utf8JsonWriter json, TransferReport report, string folder)
    {
        json.WriteString("page", Path.Combine(folder, TransferReportFiles.HtmlName));
        json.WriteString("figures", Path.Combine(folder, TransferReportFiles.JsonName));
        json.WriteString("verdict", report.Verdict?.ToString());
        json.WriteString("outcome", report.Verdict?.Outcome.ToString());
        json.WriteFigure("difference", report.Verdict?.Difference);
        json.WriteFigure("halfWidth", report.Verdict?.HalfWidth);
        json.WriteFigure("saving", report.Verdict?.Saving);
        if (report.Adaptation is { } adaptation) json.WriteString("adaptation", adaptation.ToString());
        json.WriteStartArray("arms");
        foreach (var arm in report.Arms)
        {
            json.WriteStartObject();
            json.WriteString("name", arm.Name);
            json.WriteFigure("accuracy", arm.Accuracy);
            json.WriteFigure("accuracySpread", arm.Spread);
            json.WriteFigure("loss", arm.Loss);
            json.WriteFigure("seconds", arm.Seconds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static TransferReport Guarded(Func<TransferReport> run)
    {
        try
        {
            return run();
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    private sealed class Progress(ProgressDisplay display) : IProgress<TransferProgress>
    {
        private const int Total = 1000;
        private readonly Stopwatch clock = Stopwatch.StartNew();

        public void Report(TransferProgress value)
        {
            string what = string.Create(CultureInfo.InvariantCulture,
                $"run {value.Run}/{value.Runs}: {value.Arm}, {Tables.Count(value.Examples)} examples, seed {value.Seed}, epoch {value.Fit.Epoch}/{value.Fit.Epochs}, "
                + $"loss {Tables.Loss(value.Fit.Loss)}");
            if (value.Fit is { Step: var step, Steps: var steps, Finished.Validation: { } last } && step == steps) display.Line($"{what}, accuracy {Tables.Percent(last.Accuracy)}");
            display.At((long)(value.Share * Total), Total, what, clock.Elapsed * ((1 - value.Share) / Math.Max(value.Share, 1e-3)));
        }
    }
}
