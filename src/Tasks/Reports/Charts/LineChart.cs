namespace Graft.Tasks;

/// <summary>Lines over an axis, with a band for each where seeds differ.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XLabel">What the axis below measures.</param>
/// <param name="YLabel">What the rising axis measures.</param>
/// <param name="Lines">The lines.</param>
internal sealed record LineChart(string Title, string XLabel, string YLabel, IReadOnlyList<Series> Lines)
{
    private const int Height = 300, Left = 44, Right = 468, Top = 26, Bottom = 252;

    /// <summary>Whether equal factors are equally far apart on the axis below.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>A level that the lines are beside, with its name; null for none.</summary>
    public (double Value, string Name)? Level { get; init; }

    public string Draw() => ChartFrame.Picture(Title, Height, svg =>
    {
        double[] places = [.. Lines.SelectMany(static line => line.X).Distinct().Order()];
        double low = places.Length == 0 ? 0 : places[0], high = places.Length == 0 ? 1 : places[^1];
        if (low == high) (low, high) = IsLogarithmic ? (low * 0.7, high * 1.4) : (low - 0.5, high + 0.5);
        var x = new Axis(low, high, Left + 10, Right - 10, IsLogarithmic);
        var figures = Lines.SelectMany(static line => line.Y.Concat(line.Band.SelectMany(static band => (double[])[band.Low, band.High])));
        var y = Axis.Around(Level is { } one ? figures.Append(one.Value) : figures, Bottom, Top, least: 0, most: 1);
        ChartFrame.Rows(svg, y, Left, Right, Axis.Percent);
        ChartFrame.Columns(svg, x, places, Bottom, Axis.Number);
        ChartFrame.Labels(svg, XLabel, YLabel, (Left + Right) / 2.0, Bottom);
        if (Level is { } level)
        {
            svg.Add($"<line class=\"level\" x1=\"{Left}\" x2=\"{Right}\" y1=\"{y.At(level.Value):0.#}\" y2=\"{y.At(level.Value):0.#}\"/>");
            svg.Add($"<text class=\"mark\" x=\"{Right}\" y=\"{y.At(level.Value) - 6:0.#}\" text-anchor=\"end\">{Markup.Escape(level.Name)}</text>");
        }
        foreach (var line in Lines) Shade(svg, line, x, y);
        foreach (var line in Lines) Trace(svg, line, x, y);
    }) + ChartFrame.Legend(Lines);

    private static void Shade(Markup svg, Series line, Axis x, Axis y)
    {
        if (line.Band.Count < 2 || line.Band.All(static band => band.Low == band.High)) return;
        var upper = line.Band.Select((band, at) => FormattableString.Invariant($"{x.At(line.X[at]):0.#},{y.At(band.High):0.#}"));
        var lower = line.Band.Select((band, at) => FormattableString.Invariant($"{x.At(line.X[at]):0.#},{y.At(band.Low):0.#}")).Reverse();
        svg.Add($"<polygon class=\"band s{line.Style}\" points=\"{string.Join(' ', upper.Concat(lower))}\"/>");
    }

    private static void Trace(Markup svg, Series line, Axis x, Axis y)
    {
        var points = line.Y.Select((value, at) => (X: x.At(line.X[at]), Y: y.At(value))).Where(static point => double.IsFinite(point.Y)).ToList();
        if (points.Count > 1)
            svg.Add($"<polyline class=\"line s{line.Style}\" points=\"{string.Join(' ', points.Select(static point => FormattableString.Invariant($"{point.X:0.#},{point.Y:0.#}")))}\"/>");
        if (points.Count <= 20)
            foreach (var (left, top) in points) svg.Add($"<circle class=\"dot s{line.Style}\" cx=\"{left:0.#}\" cy=\"{top:0.#}\" r=\"3\"/>");
    }
}
