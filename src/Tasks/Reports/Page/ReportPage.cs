using System.Globalization;

namespace Graft.Tasks;

/// <summary>The page of a report: one file that needs nothing beside it and runs nothing.</summary>
internal static class ReportPage
{
    public static string Of(TransferReport report)
    {
        var (headline, style, lead) = Say.Verdict(report);
        string what = $"{report.Model} on {Markup.Escape(Named(report.Data))}";
        var page = new Markup();
        page.Line($"<!DOCTYPE html>");
        page.Line($"<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        page.Line($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"/>");
        page.Line($"<title>{Markup.Escape(headline)} · {Markup.Escape(report.Model)}</title><style>{ReportStyle.Css}</style></head><body>");
        page.Line($"<header><p class=\"kicker\">Transfer report · {what}</p><h1 class=\"{style}\">{Markup.Escape(headline)}</h1>");
        page.Line($"<p class=\"lead\">{Markup.Escape(lead)}</p>");
        if (report.Adaptation is { } adaptation) page.Line($"<p class=\"lead\">Adaptation to the target: {Markup.Escape(adaptation.ToString())}.</p>");
        page.Line($"{Facts(report)}</header>");
        page.Line($"<main>");
        page.Line($"{Arms(report)}");
        page.Line($"{ReportCharts.Learning(report)}");
        page.Line($"{ReportCharts.Layers(report)}");
        page.Line($"{ReportCharts.Answers(report)}");
        page.Line($"{ReportExamples.Of(report)}");
        page.Line($"{Notes(report)}");
        page.Line($"</main>");
        page.Line($"<footer>Computed in {Say.Seconds(report.Seconds)} on {Markup.Escape(report.Device)}. The same figures, in full, are in {TransferReportFiles.JsonName}.</footer>");
        page.Line($"</body></html>");
        return page.ToString();
    }

    private static string Facts(TransferReport report)
    {
        var facts = new Markup();
        facts.Add($"<dl class=\"facts\">");
        Add("learnt from", Say.Count(report.TrainingExamples));
        Add("tested on", Say.Count(report.TestExamples));
        Add("classes", Say.Count(report.Classes.Count));
        Add("epochs", Say.Count(report.Epochs));
        Add("seeds", string.Join(", ", report.Seeds.Select(static seed => seed.ToString(CultureInfo.InvariantCulture))));
        Add("weights", Named(report.Weights));
        return facts.Add($"</dl>").ToString();

        void Add(string name, string value) => facts.Add($"<div><dt>{name}</dt><dd>{Markup.Escape(value)}</dd></div>");
    }

    private static string Arms(TransferReport report)
    {
        var baseline = report.Arms.FirstOrDefault(static arm => arm.Name == TransferArm.Scratch.Name);
        bool isForgetting = report.Arms.Any(static arm => arm.Forgetting is not null), hasSource = report.Arms.Any(static arm => arm.Forgetting?.AccuracyAfter is not null);
        var table = new Markup();
        table.Add($"<section><h2>The arms</h2><p>All with the same head, order of examples, seeds and number of steps. ± is the standard deviation over the seeds.</p>");
        table.Add($"<div class=\"card\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The arms\">");
        table.Add($"<table><thead><tr><th scope=\"col\">arm</th><th scope=\"col\">right, %</th>");
        if (baseline is not null) table.Add($"<th scope=\"col\">beside scratch</th>");
        table.Add($"<th scope=\"col\">loss</th><th scope=\"col\">calibration error</th>");
        if (isForgetting) table.Add($"<th scope=\"col\">old answers kept, %</th>");
        if (hasSource) table.Add($"<th scope=\"col\">old task, % before → after</th>");
        table.Add($"<th scope=\"col\">learnt numbers</th><th scope=\"col\">time a run</th><th scope=\"col\">memory</th></tr></thead><tbody>");
        foreach (var (number, arm) in report.Arms.Index())
        {
            table.Add($"<tr><th scope=\"row\" class=\"arm\"><span class=\"swatch s{number % ReportStyle.Colours}\"></span>{Markup.Escape(arm.Name)}");
            table.Add($"<small>{Markup.Escape(arm.Description)}</small></th>");
            table.Add($"<td><b>{Say.Percent(arm.Accuracy)}</b>{(double.IsNaN(arm.Spread) ? "" : $" <span class=\"soft\">± {Say.Percent(arm.Spread)}</span>")}</td>");
            if (baseline is not null) table.Add($"<td>{(arm == baseline ? "<span class=\"soft\">–</span>" : Difference(arm.Accuracy - baseline.Accuracy))}</td>");
            table.Add($"<td>{Say.Number(arm.Loss)}</td><td>{Say.Percent(arm.CalibrationError)}</td>");
            if (isForgetting) table.Add($"<td>{(arm.Forgetting is { } forgetting ? Say.Percent(forgetting.Agreement) : "<span class=\"soft\">–</span>")}</td>");
            if (hasSource)
            {
                string kept = arm.Forgetting is { AccuracyBefore: { } before, AccuracyAfter: { } after }
                    ? $"{Say.Percent(before)} → {Say.Percent(after)}" : "<span class=\"soft\">–</span>";
                table.Add($"<td>{kept}</td>");
            }
            table.Add($"<td>{Say.Count(arm.Runs[0].TrainableParameters)}</td><td>{Say.Seconds(arm.Seconds)}</td><td>{Say.Bytes(arm.PeakBytes)}</td></tr>");
        }
        table.Add($"</tbody></table></div></div></section>");
        return table.ToString();
    }

    private static string Difference(double points) => $"<span class=\"{(points < 0 ? "minus" : "plus")}\">{Say.Points(points)}</span>";

    private static string Notes(TransferReport report)
    {
        var notes = new Markup();
        notes.Add($"<section><h2>How it was measured</h2><ul class=\"notes\">");
        foreach (string note in report.Notes) notes.Add($"<li>{Markup.Escape(note)}</li>");
        notes.Add($"<li>The interval has two parts: Student's for the paired differences of the seeds, and what another test of this size would change. ");
        notes.Add($"Seeds share their test, so more of them do not make the second smaller.</li>");
        if (report.Arms.Any(static arm => arm.Fewer.Count > 0))
            notes.Add($"<li>How many examples are needed is read off the accuracies by the logarithm of the examples; nothing is extended beyond what was run.</li>");
        if (report.Arms.Any(static arm => arm.Forgetting is not null))
            notes.Add($"<li>Old answers kept: the weights' own head on the trunk as it is now, asked about this test; the share of its answers that are as they were before.</li>");
        notes.Add($"<li>Calibration error: in 15 bins of equal width, as a share of 100. Temperatures are fitted to one half of the test and judged on the other.</li>");
        notes.Add($"<li>Movement is |w − w₀| / |w₀| of a stage; likeness is linear centred kernel alignment of its outputs, means over places or tokens. ");
        notes.Add($"Movement, likeness, calibration and the worst examples are of the first seed.</li>");
        notes.Add($"<li>Memory is the most that the device held at the end of a step, what it keeps for later included.</li>");
        return notes.Add($"</ul></section>").ToString();
    }

    /// <summary>The last part of a path, or of two what tells them apart.</summary>
    private static string Named(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        if (name is "train" or "training" && Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path)) is { Length: > 0 } parent) return $"{Path.GetFileName(parent)}/{name}";
        return name.Length > 0 ? name : path;
    }
}
