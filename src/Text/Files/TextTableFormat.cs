namespace Graft.Text;

/// <summary>How a file lays out its rows.</summary>
public enum TextTableFormat
{
    /// <summary>Columns separated by commas, or by semicolons where the header has these alone (<c>.csv</c>).</summary>
    Csv,

    /// <summary>Columns separated by tabs (<c>.tsv</c>).</summary>
    Tsv,

    /// <summary>A JSON object a line, whose members are the columns (<c>.jsonl</c>, <c>.ndjson</c>).</summary>
    JsonLines,

    /// <summary>A text a line, without a header (<c>.txt</c>): one column, <see cref="TextTable.TextColumn"/>.</summary>
    Plain,
}
