using System.Globalization;
using Spectre.Console;

namespace Graft.CommandLine;

/// <summary>Tables for people, and how figures look in them.</summary>
internal static class Tables
{
    /// <summary>Writes rows under their headings; text is what it is, never markup.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (string heading in headings) table.AddColumn(new TableColumn(new Text(heading)));
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(Printable.Whole(cell))));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.No,
            Out = new WideOutput(output),
        });
        console.Write(table);
    }

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    public static string Loss(double loss) => loss.ToString(loss < 100_000 ? "0.0000" : "0.0000e+0", CultureInfo.InvariantCulture);

    public static string Rate(double rate) => rate.ToString("0.###e+0", CultureInfo.InvariantCulture);

    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    // A line of the table is a line of the output, however narrow the terminal.
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
