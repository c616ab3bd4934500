namespace Graft.Tasks;

/// <summary>Lying bars: a group for each name, a bar in it for each series.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Label">What the bars measure.</param>
/// <param name="Names">The groups' names, from the top.</param>
/// <param name="Bars">A figure for each group.</param>
internal sealed record BarChart(string Title, string Label, IReadOnlyList<string> Names, IReadOnlyList<Series> Bars)
{
    private const int Left = 104, Right = 462, Top = 6, Bar = 7, Gap = 11, MostCharacters = 12;

    /// <summary>The figure where bars end at most; null for the largest of them.</summary>
    public double? Most { get; init; }

    public string Draw()
    {
        int group = Bars.Count * (Bar + 1) + Gap, bottom = Top + Names.Count * group;
        return ChartFrame.Picture(Title, bottom + 44, svg =>
        {
            double most = Most ?? Bars.SelectMany(static bars => bars.Y).Where(double.IsFinite).DefaultIfEmpty(0).Max();
            var x = new Axis(0, most > 0 ? most : 1, Left, Right);
            foreach (double mark in x.Marks(4)) svg.Add($"<line class=\"grid\" x1=\"{x.At(mark):0.#}\" x2=\"{x.At(mark):0.#}\" y1=\"{Top}\" y2=\"{bottom}\"/>");
            ChartFrame.Columns(svg, x, x.Marks(4), bottom - 4, Axis.Number);
            for (int at = 0; at < Names.Count; at++)
            {
                double top = Top + at * group + Gap / 2.0;
                double middle = top + Bars.Count * (Bar + 1) / 2.0;
                svg.Add($"<text class=\"mark\" x=\"{Left - 8}\" y=\"{middle + 4:0.#}\" text-anchor=\"end\">{Markup.Escape(ChartFrame.Short(Names[at], MostCharacters))}</text>");
                for (int bar = 0; bar < Bars.Count; bar++)
                {
                    double value = at < Bars[bar].Y.Count ? Bars[bar].Y[at] : double.NaN;
                    if (!double.IsFinite(value)) continue;
                    double width = Math.Max(1, x.At(Math.Clamp(value, 0, x.High)) - Left);
                    svg.Add($"<rect class=\"bar s{Bars[bar].Style}\" x=\"{Left}\" y=\"{top + bar * (Bar + 1):0.#}\" width=\"{width:0.#}\" height=\"{Bar}\" rx=\"1.5\">");
                    svg.Add($"<title>{Markup.Escape($"{Names[at]}, {Bars[bar].Name}: {Axis.Number(value)}")}</title></rect>");
                }
            }
            svg.Add($"<text class=\"label\" x=\"{(Left + Right) / 2}\" y=\"{bottom + 36}\" text-anchor=\"middle\">{Markup.Escape(Label)}</text>");
        }) + ChartFrame.Legend(Bars);
    }
}
