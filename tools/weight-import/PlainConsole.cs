using Spectre.Console;

namespace Graft.WeightImport;

/// <summary>Tables as plain text.</summary>
internal static class PlainConsole
{
    public static IAnsiConsole Of(TextWriter output) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        Interactive = InteractionSupport.No,
        Out = new WideOutput(output),
    });

    // A line of the table is a line of the output, however narrow the terminal: keys are there to be searched for.
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
