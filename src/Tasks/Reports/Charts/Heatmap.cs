namespace Graft.Tasks;

/// <summary>A table of figures from 0 to 1 as shades, each with what it says.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="RowLabel">What the rows are.</param>
/// <param name="ColumnLabel">What the columns are.</param>
/// <param name="Rows">The rows' names, from the top.</param>
/// <param name="Columns">The columns' names, from the left.</param>
/// <param name="Value">The shade of a row and column, from 0 to 1.</param>
/// <param name="Say">What a cell says.</param>
internal sealed record Heatmap(
    string Title, string RowLabel, string ColumnLabel, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, Func<int, int, double> Value, Func<int, int, string> Say)
{
    private const int Left = 104, Top = 24, MostCharacters = 12, WidestCell = 92, LeastToWrite = 24;

    public string Draw()
    {
        double cell = Math.Min(WidestCell, (ChartFrame.Width - Left - 8.0) / Columns.Count), height = Math.Min(cell, 34);
        double right = Left + cell * Columns.Count, bottom = Top + height * Rows.Count;
        bool isTurned = Columns.Max(static name => Math.Min(name.Length, MostCharacters)) * 7 > cell - 4;
        int below = isTurned ? 96 : 24;
        return ChartFrame.Picture(Title, (int)Math.Ceiling(bottom) + below + 22, svg =>
        {
            svg.Add($"<text class=\"label\" x=\"0\" y=\"12\">{Markup.Escape(RowLabel)}</text>");
            for (int row = 0; row < Rows.Count; row++)
            {
                double top = Top + row * height;
                svg.Add($"<text class=\"mark\" x=\"{Left - 8}\" y=\"{top + height / 2 + 4:0.#}\" text-anchor=\"end\">{Markup.Escape(ChartFrame.Short(Rows[row], MostCharacters))}</text>");
                for (int column = 0; column < Columns.Count; column++) Cell(svg, row, column, Left + column * cell, top, cell, height);
            }
            for (int column = 0; column < Columns.Count; column++)
            {
                double x = Left + (column + 0.5) * cell;
                string name = Markup.Escape(ChartFrame.Short(Columns[column], MostCharacters));
                if (isTurned) svg.Add($"<text class=\"mark\" transform=\"translate({x + 4:0.#} {bottom + 10:0.#}) rotate(-90)\" text-anchor=\"end\">{name}</text>");
                else svg.Add($"<text class=\"mark\" x=\"{x:0.#}\" y=\"{bottom + 17:0.#}\" text-anchor=\"middle\">{name}</text>");
            }
            svg.Add($"<text class=\"label\" x=\"{(Left + right) / 2:0.#}\" y=\"{bottom + below + 16:0.#}\" text-anchor=\"middle\">{Markup.Escape(ColumnLabel)}</text>");
        });
    }

    private void Cell(Markup svg, int row, int column, double left, double top, double width, double height)
    {
        double value = Value(row, column);
        string said = Markup.Escape(Say(row, column)), where = Markup.Escape($"{Rows[row]}, {Columns[column]}: {Say(row, column)}");
        double shade = double.IsFinite(value) ? Math.Clamp(value, 0, 1) : 0;
        svg.Add($"<g><title>{where}</title><rect class=\"cell\" x=\"{left + 1:0.#}\" y=\"{top + 1:0.#}\" width=\"{width - 2:0.#}\" height=\"{height - 2:0.#}\" rx=\"2\"/>");
        svg.Add($"<rect class=\"shade\" x=\"{left + 1:0.#}\" y=\"{top + 1:0.#}\" width=\"{width - 2:0.#}\" height=\"{height - 2:0.#}\" rx=\"2\" fill-opacity=\"{shade:0.###}\"/>");
        if (width >= LeastToWrite && said.Length * 6.5 <= width)
            svg.Add($"<text class=\"said{(shade > 0.55 ? " over" : "")}\" x=\"{left + width / 2:0.#}\" y=\"{top + height / 2 + 4:0.#}\" text-anchor=\"middle\">{said}</text>");
        svg.Add($"</g>");
    }
}
