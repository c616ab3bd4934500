namespace Graft.Text;

/// <summary>The rows of one layout, from the first to the last.</summary>
internal abstract class RowSource : IDisposable
{
    private readonly IDisposable source;

    protected RowSource(string path, IDisposable source) => (Path, this.source) = (path, source);

    public string Path { get; }

    public IReadOnlyList<string> Columns { get; protected set; } = [];

    public char? Separator { get; protected set; }

    /// <summary>Reads what comes before the first row.</summary>
    /// <exception cref="TextFileException">It is empty, or its header cannot be used.</exception>
    public static RowSource Open(Stream stream, string path, TextTableFormat format, TextTableOptions options)
    {
        var text = new CheckedReader(stream, path, options.Encoding);
        try
        {
            return TextFile.Guarded<RowSource>(path, () =>
            {
                if (text.Peek() < 0) throw new TextFileException(path, "is empty");
                return format switch
                {
                    TextTableFormat.Csv => new DelimitedRows(text, path, options.Separator, options.Quotes),
                    TextTableFormat.Tsv => new DelimitedRows(text, path, options.Separator ?? '\t', options.Quotes),
                    TextTableFormat.JsonLines => new JsonRows(text, path),
                    TextTableFormat.Plain => new PlainRows(text, path),
                    _ => throw new ArgumentOutOfRangeException(nameof(options), format, "is no layout"),
                };
            });
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    public static string NameOf(char separator) => separator switch
    {
        '\t' => "tabs",
        ' ' => "spaces",
        ',' => "commas",
        ';' => "semicolons",
        _ => $"'{Printable.Text(separator.ToString())}'",
    };

    /// <summary>The next row; null behind the last.</summary>
    public abstract TextRow? Read();

    public virtual void Dispose()
    {
        source.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void RequireDifferent(IReadOnlyList<string> names, long line)
    {
        if (names.Where(static name => name.Length > 0).CountBy(static name => name).FirstOrDefault(static name => name.Value > 1).Key is { } twice)
            throw new TextFileException(Path, $"the column '{Printable.Text(twice)}' is there twice: give each column a name of its own", line);
    }
}
