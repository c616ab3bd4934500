using System.CommandLine;

namespace Graft.WeightImport;

/// <summary>The command line over the checkpoint readers.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            // The command ends by itself and cleans up; a second Ctrl-C ends the process.
            pressed.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        };
        return Run(args, Console.Out, Console.Error, interrupt.Token);
    }

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken interrupt = default)
    {
        var root = new RootCommand("Looks into published weights, converts them and checks them against an architecture.")
        {
            InspectCommand.Make(),
            ConvertCommand.Make(),
            VerifyCommand.Make(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [var unknown, ..]
                ? $"there is no command or option '{Printable.Text(unknown)}'"
                : Line(parsed.Errors[0].Message);
            error.WriteLine($"weight-import: {problem}; see weight-import --help");
            return ExitCode.WrongInput;
        }
        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return parsed.InvokeAsync(configuration, interrupt).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("weight-import: interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (exception is CheckpointException or WrongInputException)
        {
            error.WriteLine($"weight-import: {Line(exception.Message)}");
            return ExitCode.WrongInput;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            error.WriteLine($"weight-import: {Line(exception.Message)}");
            return ExitCode.Failed;
        }
    }

    private static string Line(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
