using System.CommandLine;
using Graft.Models;
using Graft.Tasks;
using Graft.Tensors.Gpu;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>The command line of Graft.</summary>
internal static class Program
{
    private const string ShowCursor = "\e[?25h";

    public static int Main(string[] args)
    {
        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            // The running step ends and what was learnt is saved; a second Ctrl-C ends the process, with the cursor that a bar hides.
            pressed.Cancel = !interrupt.IsCancellationRequested;
            if (!pressed.Cancel && !Console.IsErrorRedirected) Console.Error.Write(ShowCursor);
            interrupt.Cancel();
        };
        return Run(args, Console.Out, Console.Error, interrupt.Token);
    }

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken interrupt = default)
    {
        var root = new RootCommand("Adapts published image models to pictures of your own, and uses them.")
        {
            DemoCommand.Make(),
            ModelsCommand.Make(),
            FineTuneCommand.Make(),
            EvaluateCommand.Make(),
            PredictCommand.Make(),
            FeaturesCommand.Make(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [var unknown, ..]
                ? $"there is no command or option '{Printable.Text(unknown)}'"
                : Line(parsed.Errors[0].Message);
            string command = parsed.CommandResult.Command == root ? "graft" : $"graft {parsed.CommandResult.Command.Name}";
            error.WriteLine($"graft: {problem}; see {command} --help");
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
            error.WriteLine("graft: interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (exception is WrongInputException or CheckpointException or ImageException or BundleException
            or DeviceUnavailableException)
        {
            error.WriteLine($"graft: {Line(exception.Message)}");
            return ExitCode.WrongInput;
        }
        catch (Exception exception) when (exception is WorkFailedException or NonFiniteException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"graft: {Line(exception.Message)}");
            return ExitCode.Failed;
        }
        catch (OutOfMemoryException exception)
        {
            error.WriteLine($"graft: not enough memory: {Line(exception.Message)}");
            return ExitCode.Failed;
        }
    }

    /// <summary>A message as the one line that it is to be.</summary>
    public static string Line(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
