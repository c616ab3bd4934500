using System.Globalization;
using CsvHelper;

namespace Graft.Text;

/// <summary>Rows of columns between separators, with quotes as Excel writes them.</summary>
internal sealed class DelimitedRows : RowSource
{
    // a row beyond this is a file that a lost quote has swallowed
    private const int LargestRow = 1 << 26;

    private readonly CsvReader reader;
    private readonly long linesBefore;
    private bool isOdd;

    public DelimitedRows(CheckedReader text, string path, char? separator, bool quotes) : base(path, text)
    {
        char between = separator ?? Detect(text);
        linesBefore = text.Line - 1;
        if (between is not (>= ' ' and < (char)127 or '\t') || between == '"')
            throw new ArgumentException($"columns cannot be separated by '{Printable.Text(between.ToString())}': take a comma, a semicolon, a tab or the like");
        Separator = between;
        reader = CsvReader.Create(text, new CsvReaderOptions
        {
            Separator = between,
            Mode = quotes ? CsvMode.Rfc4180 : CsvMode.NoEscape,
            HasHeader = false,
            TrackLineNumbers = true,
            MaxRecordSize = LargestRow,
            OnMalformedRecord = _ => isOdd = true,
        });
        if (Next() is not { } header) throw new TextFileException(path, "holds no header: name the columns in the first line");
        Columns = header.Values;
        RequireDifferent(Columns, header.Line);
    }

    public override TextRow? Read()
    {
        if (Next() is not { } row) return null;
        if (row.Values.Length != Columns.Count) throw Ragged(row.Line, row.Values.Length);
        return new TextRow(Path, row.Line, Columns, row.Values);
    }

    public override void Dispose()
    {
        reader.Dispose();
        base.Dispose();
    }

    /// <summary>Excel's first line <c>sep=;</c>, or semicolons in a header without commas.</summary>
    private static char Detect(CheckedReader text)
    {
        var line = text.PeekLine();
        if (line.Length == 5 && line.StartsWith("sep=", StringComparison.OrdinalIgnoreCase))
        {
            char named = line[4];
            text.ReadLine();
            return named;
        }
        return line.Contains(';') && !line.Contains(',') ? ';' : ',';
    }

    private (string[] Values, long Line)? Next()
    {
        isOdd = false;
        try
        {
            if (!reader.Read()) return null;
        }
        catch (CsvFormatException exception)
        {
            throw new TextFileException(Path, $"a row of more than {LargestRow >> 20} MiB begins here: is a quote opened and never closed?",
                linesBefore + Math.Max(1, exception.LineNumber), cause: exception);
        }
        long line = linesBefore + reader.LineNumber;
        if (isOdd) CheckQuotes(line);
        var values = new string[reader.FieldCount];
        for (int at = 0; at < values.Length; at++) values[at] = reader.GetString(at);
        return (values, line);
    }

    /// <summary>A quote within an unquoted text is a letter; one that opens a text has to close it.</summary>
    private void CheckQuotes(long line)
    {
        for (int at = 0; at < reader.FieldCount; at++)
        {
            var raw = reader.GetRawSpan(at);
            if (raw.StartsWith("\""u8) && Closing(raw) is var closing && closing != raw.Length - 1)
            {
                string column = at < Columns.Count ? Columns[at] : (at + 1).ToString(CultureInfo.InvariantCulture);
                throw new TextFileException(Path, closing < 0
                    ? "a quote opens a text here and nothing closes it: double a quote that is part of a quoted text, or read the file without quotes"
                    : "text follows the quote that closes this column: double a quote that is part of a quoted text, or read the file without quotes",
                    line, column);
            }
            line += Breaks(raw);
        }
    }

    /// <summary>Where the quote stands that closes a quoted text; -1 where none does.</summary>
    private static int Closing(ReadOnlySpan<byte> raw)
    {
        for (int at = 1; at < raw.Length; at++)
        {
            if (raw[at] != '"') continue;
            if (at + 1 == raw.Length || raw[at + 1] != '"') return at;
            at++;
        }
        return -1;
    }

    private static int Breaks(ReadOnlySpan<byte> raw)
    {
        int breaks = raw.Count((byte)'\n');
        for (int at = 0; at < raw.Length; at++)
            if (raw[at] == '\r' && (at + 1 == raw.Length || raw[at + 1] != '\n')) breaks++;
        return breaks;
    }

    private TextFileException Ragged(long line, int found) => new(Path,
        $"expected {Columns.Count} columns ({Printable.Some(Columns)}), found {found}; columns are separated by {NameOf(Separator!.Value)}"
        + (found > Columns.Count ? ": put a text that holds one between quotes" : ""), line);
}
