namespace Graft.Text;

/// <summary>Texts of which nobody has said what they are: the target of a domain adaptation.</summary>
public static class UnlabelledTexts
{
    /// <summary>Reads the texts of a file; other columns are not looked at.</summary>
    /// <param name="path">A file with named columns (CSV, TSV or JSON lines), or one with a text in each line, by its ending.</param>
    /// <param name="text">The column of the texts; null for the only one, or <c>text</c>. A file without named columns has no other.</param>
    /// <param name="pair">The column of second texts, where a pair is judged; null for single texts.</param>
    /// <param name="options">What the file does not say of itself; null for nothing.</param>
    /// <exception cref="TextFileException">The file or a column cannot be used.</exception>
    public static IReadOnlyList<TextExample> Open(string path, string? text = null, string? pair = null, TextTableOptions? options = null)
    {
        var table = TextTable.Open(path, options);
        string column = table.Columns.Count == 1 ? table.Columns[0] : text ?? TextTable.TextColumn;
        table.Require(column);
        if (pair is not null) table.Require(pair);
        return [.. table.Select(row => new TextExample(row[column], pair is null ? null : row[pair], row.Line))];
    }
}
