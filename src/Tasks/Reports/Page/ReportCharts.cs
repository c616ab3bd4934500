using System.Globalization;

namespace Graft.Tasks;

/// <summary>The charts of a report, each with its figures.</summary>
internal static class ReportCharts
{
    private const int MostClasses = 20;

    /// <summary>How the arms learnt, by epochs and by examples.</summary>
    public static string Learning(TransferReport report)
    {
        var section = new Markup();
        section.Add($"<section><h2>How they learnt</h2><p>Right answers on the test: the mean of the seeds, and from the worst to the best of them.</p><div class=\"cards\">");
        Series[] epochs = [.. report.Arms.Select(static (arm, number) => OverEpochs(arm, number)).Where(static line => line.X.Count > 0)];
        int most = epochs.Select(static line => line.X.Count).DefaultIfEmpty(0).Max();
        Card(section, "By epochs", new LineChart("Right answers on the test after each epoch, in percent", "epoch", "right, %", epochs).Draw(), FigureTable.Of(
            "arm", Enumerable.Range(1, most).Select(static epoch => $"epoch {epoch}"), epochs.Select(static line => (line.Name, line.Y.Select(Say.Percent)))));
        if (report.Arms.FirstOrDefault(arm => arm.Name == report.VerdictArm && arm.Fewer.Count > 0) is { } judged)
        {
            var line = OverExamples(judged, report.Arms.Index().First(one => one.Item == judged).Index);
            (double, string)? level = report.Arms.FirstOrDefault(static arm => arm.Name == TransferArm.Scratch.Name) is { } scratch
                ? (scratch.Accuracy, $"from scratch, all {Say.Count(report.TrainingExamples)}") : null;
            Card(section, "By examples", new LineChart("Right answers on the test by the number of examples learnt from, in percent", "examples learnt from", "right, %", [line])
            {
                IsLogarithmic = true,
                Level = level,
            }.Draw(), FigureTable.Of("arm", line.X.Select(static count => $"{Say.Count((long)count)} examples"), [(line.Name, line.Y.Select(Say.Percent))]));
        }
        return section.Add($"</div></section>").ToString();
    }

    /// <summary>How far the stages went and what is left of what they showed.</summary>
    public static string Layers(TransferReport report)
    {
        var section = new Markup();
        section.Add($"<section><h2>What changed inside</h2><p>How far each stage's weights went from where they began, and how alike its output is to what it was.</p><div class=\"cards\">");
        string[] stages = [.. report.Arms[0].Movement.Select(static stage => stage.Stage)];
        Series[] moved = [.. report.Arms.Select(static (arm, number) => new Series(arm.Name, number) { Y = [.. arm.Movement.Select(static stage => stage.Distance)] })];
        Card(section, "Movement by stage", new BarChart("Movement of each stage's weights", "|w − w₀| / |w₀|", stages, moved).Draw(), FigureTable.Of(
            "stage", report.Arms.Select(static arm => arm.Name), stages.Select((stage, at) => (stage, moved.Select(bars => Say.Number(bars.Y[at]))))));
        if (report.Arms.All(static arm => arm.Alignment.Count > 0))
        {
            string[] shown = [.. report.Arms[0].Alignment.Select(static stage => stage.Stage)];
            Series[] alike = [.. report.Arms.Select(static (arm, number) => new Series(arm.Name, number) { Y = [.. arm.Alignment.Select(static stage => stage.Value)] })];
            var chart = new BarChart("Likeness of each stage's output to what it was before training", "centred kernel alignment", shown, alike) { Most = 1 };
            Card(section, "Likeness to before, by stage", chart.Draw(), FigureTable.Of(
                "stage", report.Arms.Select(static arm => arm.Name), shown.Select((stage, at) => (stage, alike.Select(bars => Say.Number(bars.Y[at]))))));
        }
        if (report.Alignment is { } table)
        {
            string title = $"Likeness of each stage before training with each after it, {report.VerdictArm}";
            Card(section, $"Stage with stage, {report.VerdictArm}", new Heatmap(
                title, "before", "after", table.Stages, table.Stages, (row, column) => table.Values[row][column],
                (row, column) => double.IsFinite(table.Values[row][column]) ? table.Values[row][column].ToString("0.00", CultureInfo.InvariantCulture) : "–").Draw(), FigureTable.Of(
                "before \\ after", table.Stages, table.Stages.Select((stage, row) => (stage, table.Values[row].Select(Say.Number)))));
        }
        return section.Add($"</div></section>").ToString();
    }

    /// <summary>How sure the answers are and which classes are taken for which.</summary>
    public static string Answers(TransferReport report)
    {
        var section = new Markup();
        section.Add($"<section><h2>The answers</h2><p>Of {Markup.Escape(report.VerdictArm)}: how far its probabilities are what they say, and which classes it takes for which.</p>");
        section.Add($"<div class=\"cards\">");
        var bins = report.Calibration.Bins.Where(static bin => bin.Count > 0);
        string scaled = report.Scaled is { } one
            ? string.Create(CultureInfo.InvariantCulture, $"; {Say.Percent(one.Calibration.ExpectedError)} with a temperature of {one.Temperature:0.00}") : "";
        Card(section, $"Calibration: error {Say.Percent(report.Calibration.ExpectedError)}{scaled}", new ReliabilityChart(
            "Share of right answers by confidence", report.Calibration, report.Scaled?.Calibration).Draw(), FigureTable.Of(
            "confidence, %", ["answers", "mean confidence, %", "right, %"],
            bins.Select(static bin => (
                $"{Axis.Percent(Math.Round(bin.From, 3))} to {Axis.Percent(Math.Round(bin.To, 3))}",
                (IEnumerable<string>)[Say.Count(bin.Count), Say.Percent(bin.Confidence), Say.Percent(bin.Accuracy)]))));
        Card(section, "Which for which, over all seeds", report.Classes.Count <= MostClasses ? Confusions(report) : MostConfused(report), ByClass(report));
        return section.Add($"</div></section>").ToString();
    }

    private static string Confusions(TransferReport report)
    {
        var matrix = report.Confusion;
        int[] sums = [.. Enumerable.Range(0, matrix.Classes).Select(row => Math.Max(1, Enumerable.Range(0, matrix.Classes).Sum(column => matrix[row, column])))];
        return new Heatmap(
            "Right classes and what they were taken for", "right class", "taken for", report.Classes, report.Classes, (row, column) => (double)matrix[row, column] / sums[row],
            (row, column) => Say.Count(matrix[row, column])).Draw();
    }

    private static string MostConfused(TransferReport report)
    {
        var matrix = report.Confusion;
        var pairs = Enumerable.Range(0, matrix.Classes * matrix.Classes).Select(at => (Row: at / matrix.Classes, Column: at % matrix.Classes))
            .Where(pair => pair.Row != pair.Column && matrix[pair.Row, pair.Column] > 0).OrderByDescending(pair => matrix[pair.Row, pair.Column]).Take(MostClasses);
        var list = new Markup();
        list.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Most confused\"><table><thead><tr><th scope=\"col\">right class</th>");
        list.Add($"<th scope=\"col\">taken for</th><th scope=\"col\">times</th></tr></thead><tbody>");
        foreach (var (row, column) in pairs)
            list.Add($"<tr><th scope=\"row\">{Markup.Escape(report.Classes[row])}</th><td>{Markup.Escape(report.Classes[column])}</td><td>{Say.Count(matrix[row, column])}</td></tr>");
        return list.Add($"</tbody></table></div>").ToString();
    }

    private static string ByClass(TransferReport report) => FigureTable.Of("class", ["found, %", "right when said, %"], report.Classes.Select(
        (name, label) => (name, (IEnumerable<string>)[Say.Percent(report.Confusion.Recall(label)), Say.Percent(report.Confusion.Precision(label))])));

    private static Series OverEpochs(ArmReport arm, int number)
    {
        double[][] curves = [.. arm.Runs.Select(static run => run.Curve.ToArray())];
        int epochs = curves.Min(static curve => curve.Length);
        return new Series(arm.Name, number)
        {
            X = [.. Enumerable.Range(1, epochs).Select(static epoch => (double)epoch)],
            Y = [.. Enumerable.Range(0, epochs).Select(epoch => curves.Average(curve => curve[epoch]))],
            Band = [.. Enumerable.Range(0, epochs).Select(epoch => (curves.Min(curve => curve[epoch]), curves.Max(curve => curve[epoch])))],
        };
    }

    private static Series OverExamples(ArmReport arm, int number)
    {
        var sizes = arm.Fewer.Concat(arm.Runs).GroupBy(static run => run.Examples).OrderBy(static size => size.Key).ToList();
        return new Series(arm.Name, number)
        {
            X = [.. sizes.Select(static size => (double)size.Key)],
            Y = [.. sizes.Select(static size => size.Average(static run => run.Accuracy))],
            Band = [.. sizes.Select(static size => (size.Min(static run => run.Accuracy), size.Max(static run => run.Accuracy)))],
        };
    }

    private static void Card(Markup section, string heading, string picture, string figures) =>
        section.Add($"<div class=\"card\"><h3>{Markup.Escape(heading)}</h3>{picture}{figures}</div>");
}
