using System.Collections;

namespace Graft.Text;

/// <summary>A file of texts with named columns, read row by row: CSV, TSV, JSON lines, or a text a line.</summary>
/// <remarks>UTF-8 with or without a byte order mark, UTF-16 with one, lines that end in LF, CR LF or CR. Empty lines of CSV, TSV and JSON lines are passed
/// over; in a plain file they are empty texts. A file that ends in <c>.gz</c> is decompressed.</remarks>
public sealed class TextTable : IEnumerable<TextRow>
{
    /// <summary>The name of the one column of a plain file.</summary>
    public const string TextColumn = "text";

    private static readonly (string Ending, TextTableFormat Format)[] Endings =
    [
        (".csv", TextTableFormat.Csv), (".tsv", TextTableFormat.Tsv), (".jsonl", TextTableFormat.JsonLines), (".ndjson", TextTableFormat.JsonLines),
        (".txt", TextTableFormat.Plain),
    ];

    private readonly TextTableOptions options;
    private RowSource? started;

    private TextTable(string path, TextTableFormat format, TextTableOptions options, RowSource start, bool keep)
    {
        (Path, Format, Columns, Separator) = (path, format, start.Columns, start.Separator);
        this.options = options;
        if (keep) started = start;
        IsOnce = keep;
    }

    /// <summary>The file, or the name given to a stream.</summary>
    public string Path { get; }

    /// <summary>The layout.</summary>
    public TextTableFormat Format { get; }

    /// <summary>The columns' names, in order: the header's, or the members of the first object.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What separates the columns; null where nothing does.</summary>
    public char? Separator { get; }

    private bool IsOnce { get; }

    /// <summary>The layout that a file's ending says; null where it says none.</summary>
    /// <param name="path">The file.</param>
    public static TextTableFormat? FormatOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string name = TextFile.PlainName(path);
        foreach (var (ending, format) in Endings)
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return format;
        return null;
    }

    /// <summary>Opens a file and reads its header; the rows are read whenever they are enumerated.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What the file does not say of itself; null for nothing.</param>
    /// <exception cref="TextFileException">The file is missing, empty or of an unknown ending, or its header cannot be used.</exception>
    public static TextTable Open(string path, TextTableOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new TextTableOptions();
        var format = options.Format ?? FormatOf(path) ?? throw new TextFileException(path,
            $"its ending does not say how it is laid out: call it {string.Join(", ", Endings.SkipLast(1).Select(static row => row.Ending))} or {Endings[^1].Ending}");
        using var start = RowSource.Open(TextFile.Open(path), path, format, options);
        return new TextTable(path, format, options, start, keep: false);
    }

    /// <summary>Reads a stream, standard input for one; its rows can be enumerated once.</summary>
    /// <param name="stream">The stream; it is closed with the enumeration.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="format">The layout.</param>
    /// <param name="options">What the stream does not say of itself; null for nothing.</param>
    /// <exception cref="TextFileException">The stream is empty, or its header cannot be used.</exception>
    public static TextTable Read(Stream stream, string name, TextTableFormat format, TextTableOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new TextTableOptions();
        return new TextTable(name, format, options, RowSource.Open(stream, name, format, options), keep: true);
    }

    /// <summary>Requires a column.</summary>
    /// <param name="column">The column's name.</param>
    /// <exception cref="TextFileException">There is none of that name; the message lists those that there are.</exception>
    public void Require(string column)
    {
        ArgumentNullException.ThrowIfNull(column);
        if (Columns.Contains(column)) return;
        string names = Format == TextTableFormat.Plain ? $"a plain file has one, '{TextColumn}'" : $"there are {Printable.Some(Columns, 20)}";
        string hint = NearName.Hint(column, Columns);
        if (Columns.Count == 1 && Separator is { } separator)
            hint += $"; the columns are taken to be separated by {RowSource.NameOf(separator)}, which the header does not have";
        throw new TextFileException(Path, $"there is no column '{Printable.Text(column)}'; {names}{hint}", line: Format == TextTableFormat.Plain ? null : 1);
    }

    /// <summary>Reads the rows in order.</summary>
    /// <exception cref="TextFileException">A row cannot be used, or there is none.</exception>
    /// <exception cref="InvalidOperationException">The rows of a stream are read a second time.</exception>
    public IEnumerator<TextRow> GetEnumerator()
    {
        using var rows = !IsOnce ? RowSource.Open(TextFile.Open(Path), Path, Format, options)
            : Interlocked.Exchange(ref started, null) ?? throw new InvalidOperationException($"{Path}: the rows of a stream can be read once");
        Func<TextRow?> read = rows.Read;
        bool any = false;
        while (TextFile.Guarded(Path, read) is { } row)
        {
            any = true;
            yield return row;
        }
        if (!any) throw new TextFileException(Path, "holds no row below its header");
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
