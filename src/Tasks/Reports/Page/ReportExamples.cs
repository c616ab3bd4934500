namespace Graft.Tasks;

/// <summary>The examples that came out worst, with what the model looked at.</summary>
internal static class ReportExamples
{
    private const double Strongest = 0.65;

    public static string Of(TransferReport report)
    {
        if (report.Worst.Count == 0) return "";
        bool isPictures = report.Worst[0].Thumbnail is not null;
        bool isExplained = report.Worst.Any(static worst => worst.Overlay is not null || worst.Pieces.Any(static piece => piece.Weight > 0));
        string how = !isExplained ? "" : isPictures
            ? " Beside each what spoke for the answer keeps its colour (Grad-CAM)." : " The more of a word reaches the answer, the more it is marked (attention roll-out).";
        var section = new Markup();
        section.Add($"<section><h2>Where it is most wrong</h2><p>The examples of the test with the highest loss, {Markup.Escape(report.VerdictArm)}.{how}</p>");
        section.Add($"<div class=\"worst{(isPictures ? " pictures" : "")}\">");
        foreach (var worst in report.Worst)
        {
            section.Add($"<figure class=\"card\">{Shown(worst)}<figcaption><b>{Markup.Escape(worst.Expected)}</b>, ");
            section.Add(worst.Expected == worst.Predicted ? $"but only just" : (FormattableString)$"taken for <b>{Markup.Escape(worst.Predicted)}</b>");
            section.Add($" ({Say.Percent(worst.Probability)} %)<br/><span class=\"soft\">{Markup.Escape(worst.Name)} · loss {Say.Number(worst.Loss)}</span></figcaption></figure>");
        }
        return section.Add($"</div></section>").ToString();
    }

    private static string Shown(WorstExample worst)
    {
        var shown = new Markup();
        if (worst.Thumbnail is { } thumbnail)
        {
            shown.Add($"<div class=\"pair\">{Image(thumbnail, worst.Name)}");
            if (worst.Overlay is { } overlay) shown.Add($"{Image(overlay, $"What spoke for {worst.Predicted} in {worst.Name}")}");
            return shown.Add($"</div>").ToString();
        }
        shown.Add($"<p class=\"text\">");
        foreach (var piece in worst.Pieces)
        {
            string text = Markup.Escape(piece.Text);
            if (piece.Weight < 0.05) shown.Add($"{text}");
            else shown.Add($"<mark style=\"background: color-mix(in srgb, var(--mark) {piece.Weight * Strongest * 100:0}%, transparent)\">{text}</mark>");
        }
        return shown.Add($"</p>").ToString();
    }

    private static string Image(ReadOnlyMemory<byte> jpeg, string alternative) =>
        $"<img alt=\"{Markup.Escape(alternative)}\" src=\"data:image/jpeg;base64,{Convert.ToBase64String(jpeg.Span)}\"/>";
}
