namespace Graft.Text;

/// <summary>A row of a file of texts; it knows where it came from.</summary>
public sealed class TextRow
{
    private static readonly string Nested = new("nested");

    private readonly IReadOnlyList<string> values;
    private readonly IReadOnlyDictionary<string, string[]>? lists;

    internal TextRow(string path, long line, IReadOnlyList<string> columns, IReadOnlyList<string> values, IReadOnlyDictionary<string, string[]>? lists = null)
    {
        (Path, Line, Columns) = (path, line, columns);
        (this.values, this.lists) = (values, lists);
    }

    /// <summary>What stands for a value that is a list or an object.</summary>
    internal static string NestedValue => Nested;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The line, from 1, on which the row begins.</summary>
    public long Line { get; }

    /// <summary>The columns' names, in order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>A column's text, as it stands in the file.</summary>
    /// <param name="column">The column's name.</param>
    /// <exception cref="TextFileException">The row has no such column, or a list or an object in it.</exception>
    public string this[string column] => Find(column)
        ?? throw Fail($"there is no column '{Printable.Text(column)}'; there are {Printable.Some(Columns, 20)}{NearName.Hint(column, Columns)}");

    /// <summary>A column's text, as it stands in the file; null where the row has no such column.</summary>
    /// <param name="column">The column's name.</param>
    /// <exception cref="TextFileException">The row has a list or an object there.</exception>
    public string? Find(string column)
    {
        for (int at = 0; at < Columns.Count; at++)
        {
            if (Columns[at] != column) continue;
            if (ReferenceEquals(values[at], Nested)) throw Fail("holds a list or an object: give it as text, a number, true or false", column);
            return values[at];
        }
        return null;
    }

    /// <summary>A column's list of texts, of JSON lines; null where the row has no such column, or something else in it.</summary>
    /// <param name="column">The column's name.</param>
    public IReadOnlyList<string>? FindList(string column) => lists?.GetValueOrDefault(column);

    /// <summary>A complaint that names this row.</summary>
    /// <param name="problem">What is wrong and what to do.</param>
    /// <param name="column">The column; null for the row as a whole.</param>
    public TextFileException Fail(string problem, string? column = null) => new(Path, problem, Line, column);
}
