using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A reliability diagram: the accuracy of answers by their confidence, beside the line on which both are the same; below it how many answers there are.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Before">The probabilities as they are.</param>
/// <param name="After">The same after temperature scaling; null for none.</param>
internal sealed record ReliabilityChart(string Title, Calibration Before, Calibration? After)
{
    private const int Height = 356, Left = 44, Right = 468, Top = 26, Bottom = 252, CountsTop = 262, CountsBottom = 306;

    public string Draw()
    {
        Series before = new("as they are", 2), after = new("after temperature scaling", 1);
        return ChartFrame.Picture(Title, Height, svg =>
        {
            var (x, y) = (new Axis(0, 1, Left, Right), new Axis(0, 1, Bottom, Top));
            ChartFrame.Rows(svg, y, Left, Right, Axis.Percent);
            svg.Add($"<line class=\"level\" x1=\"{Left}\" y1=\"{Bottom}\" x2=\"{Right}\" y2=\"{Top}\"/>");
            int most = Before.Bins.Max(static bin => bin.Count);
            foreach (var bin in Before.Bins)
            {
                if (bin.Count == 0) continue;
                double left = x.At(bin.From) + 1.5, width = x.At(bin.To) - x.At(bin.From) - 3;
                svg.Add($"<rect class=\"bar faint s{before.Style}\" x=\"{left:0.#}\" y=\"{y.At(bin.Accuracy):0.#}\" width=\"{width:0.#}\" height=\"{Bottom - y.At(bin.Accuracy):0.#}\"/>");
                double tall = (CountsBottom - CountsTop) * (double)bin.Count / most;
                svg.Add($"<rect class=\"counts\" x=\"{left:0.#}\" y=\"{CountsTop:0.#}\" width=\"{width:0.#}\" height=\"{tall:0.#}\">");
                string confidence = $"{Axis.Percent(Math.Round(bin.From, 3))} to {Axis.Percent(Math.Round(bin.To, 3))} %";
                svg.Add($"<title>{bin.Count} answers with a confidence of {confidence}, {Axis.Percent(Math.Round(bin.Accuracy, 3))} % of them right</title></rect>");
            }
            Points(svg, Before, before, x, y);
            if (After is not null) Points(svg, After, after, x, y);
            ChartFrame.Columns(svg, x, x.Marks(5), CountsBottom, Axis.Percent);
            svg.Add($"<text class=\"label\" x=\"{(Left + Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">confidence in the answer, %; below: how many answers</text>");
            svg.Add($"<text class=\"label\" x=\"0\" y=\"12\">right, %</text>");
        }) + ChartFrame.Legend(After is null ? [before] : [before, after]);
    }

    private static void Points(Markup svg, Calibration calibration, Series style, Axis x, Axis y)
    {
        foreach (var bin in calibration.Bins)
            if (bin.Count > 0) svg.Add($"<circle class=\"dot s{style.Style}\" cx=\"{x.At(bin.Confidence):0.#}\" cy=\"{y.At(bin.Accuracy):0.#}\" r=\"4\"/>");
    }
}
