using System.Globalization;
using Spectre.Console;

namespace Graft.CommandLine;

/// <summary>Tables for people, and how figures look in them.</summary>
public static class Tables
{
    /// <summary>Writes rows under their headings; text is what it is, never markup.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="headings">The headings.</param>
    /// <param name="rows">The rows, a cell a heading.</param>
    public static void Write(TextWriter output, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        ArgumentNullException.ThrowIfNull(headings);
        ArgumentNullException.ThrowIfNull(rows);
        var table = new Table().Border(TableBorder.Simple);
        foreach (string heading in headings) table.AddColumn(new TableColumn(new Spectre.Console.Text(heading)));
        foreach (var row in rows) table.AddRow(row.Select(cell => new Spectre.Console.Text(Printable.Whole(cell))));
        Plain(output).Write(table);
    }

    /// <summary>A console that writes plain text, a line of a table as a line, however narrow the terminal.</summary>
    /// <param name="output">Where to.</param>
    public static IAnsiConsole Plain(TextWriter output) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        Interactive = InteractionSupport.No,
        Out = new WideOutput(output),
    });

    /// <summary>A share in percent.</summary>
    /// <param name="share">It.</param>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    /// <summary>A loss.</summary>
    /// <param name="loss">It.</param>
    public static string Loss(double loss) => loss.ToString(loss < 100_000 ? "0.0000" : "0.0000e+0", CultureInfo.InvariantCulture);

    /// <summary>A learning rate.</summary>
    /// <param name="rate">It.</param>
    public static string Rate(double rate) => rate.ToString("0.###e+0", CultureInfo.InvariantCulture);

    /// <summary>A time in seconds.</summary>
    /// <param name="seconds">It.</param>
    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");

    /// <summary>A number of bytes in megabytes.</summary>
    /// <param name="bytes">It.</param>
    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");

    /// <summary>A number of things.</summary>
    /// <param name="count">It.</param>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private sealed class WideOutput(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => 1000;

        public int Height => 80;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
