namespace Graft.Tasks;

/// <summary>What all charts have: a picture with a title that screen readers tell, axes with marks, a legend.</summary>
internal static class ChartFrame
{
    /// <summary>How wide a chart's own measure is; the page scales it to the column.</summary>
    public const int Width = 480;

    /// <summary>An SVG picture.</summary>
    public static string Picture(string title, int height, Action<Markup> draw, int width = Width)
    {
        var svg = new Markup();
        svg.Add($"<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Markup.Escape(title)}\"><title>{Markup.Escape(title)}</title>");
        draw(svg);
        return svg.Add($"</svg>").ToString();
    }

    /// <summary>Lines across the plot at the marks of a rising axis, and what they say.</summary>
    public static void Rows(Markup svg, Axis y, double left, double right, Func<double, string> say)
    {
        foreach (double mark in y.Marks(4))
        {
            svg.Add($"<line class=\"grid\" x1=\"{left:0.#}\" x2=\"{right:0.#}\" y1=\"{y.At(mark):0.#}\" y2=\"{y.At(mark):0.#}\"/>");
            svg.Add($"<text class=\"mark\" x=\"{left - 8:0.#}\" y=\"{y.At(mark) + 4:0.#}\" text-anchor=\"end\">{say(mark)}</text>");
        }
    }

    /// <summary>Marks below the plot.</summary>
    public static void Columns(Markup svg, Axis x, IEnumerable<double> marks, double bottom, Func<double, string> say)
    {
        double before = double.NegativeInfinity;
        foreach (double mark in marks)
        {
            string said = say(mark);
            // a mark that would run into the one before is left out
            if (x.At(mark) - before < said.Length * 9 + 8) continue;
            before = x.At(mark);
            svg.Add($"<text class=\"mark\" x=\"{before:0.#}\" y=\"{bottom + 18:0.#}\" text-anchor=\"middle\">{Markup.Escape(said)}</text>");
        }
    }

    /// <summary>What the axes measure.</summary>
    public static void Labels(Markup svg, string x, string y, double middle, double bottom)
    {
        svg.Add($"<text class=\"label\" x=\"{middle:0.#}\" y=\"{bottom + 38:0.#}\" text-anchor=\"middle\">{Markup.Escape(x)}</text>");
        svg.Add($"<text class=\"label\" x=\"0\" y=\"12\">{Markup.Escape(y)}</text>");
    }

    /// <summary>The names of the colours, as a list beside the picture, so that it wraps on a phone.</summary>
    public static string Legend(IEnumerable<Series> series)
    {
        var list = new Markup();
        list.Add($"<ul class=\"legend\">");
        foreach (var one in series) list.Add($"<li><span class=\"swatch s{one.Style}\"></span>{Markup.Escape(one.Name)}</li>");
        return list.Add($"</ul>").ToString();
    }

    /// <summary>A name that fits into so many characters.</summary>
    public static string Short(string name, int most) => name.Length <= most ? name : string.Concat(name.AsSpan(0, most - 1), "…");
}
