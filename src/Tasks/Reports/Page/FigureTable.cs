namespace Graft.Tasks;

/// <summary>The figures behind a chart, as a table that is there for who opens it and for screen readers.</summary>
internal static class FigureTable
{
    /// <param name="heading">What the first column holds.</param>
    /// <param name="columns">The other columns' headings.</param>
    /// <param name="rows">A name and its cells a row.</param>
    public static string Of(string heading, IEnumerable<string> columns, IEnumerable<(string Name, IEnumerable<string> Cells)> rows)
    {
        var table = new Markup();
        table.Add($"<details><summary>Figures</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures\">");
        table.Add($"<table><thead><tr><th scope=\"col\">{Markup.Escape(heading)}</th>");
        foreach (string column in columns) table.Add($"<th scope=\"col\">{Markup.Escape(column)}</th>");
        table.Add($"</tr></thead><tbody>");
        foreach (var (name, cells) in rows)
        {
            table.Add($"<tr><th scope=\"row\">{Markup.Escape(name)}</th>");
            foreach (string cell in cells) table.Add($"<td>{Markup.Escape(cell)}</td>");
            table.Add($"</tr>");
        }
        return table.Add($"</tbody></table></div></details>").ToString();
    }
}
