using System.CommandLine;
using Graft.Tasks;
using Graft.Tensors.Gpu;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>The command line of Graft.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        Console.SetError(new LastingWriter(Console.Error));
        Console.SetOut(new LastingWriter(Console.Out));
        using var signals = new Signals();
        return signals.ExitCodeOf(Run(args, Console.Out, Console.Error, signals.Token));
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
        if (parsed.Errors.Count > 0 || parsed.UnmatchedTokens.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [var unknown, ..] ? Suggestions.Problem(parsed, unknown) : Line(parsed.Errors[0].Message);
            string command = parsed.CommandResult.Command == root ? "graft" : $"graft {parsed.CommandResult.Command.Name}";
            error.WriteLine($"graft: {problem}{(problem.EndsWith('?') ? "" : ";")} see {command} --help");
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
        catch (Exception exception) when (exception is WrongInputException or CheckpointException or ImageException
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

    /// <summary>A message as the one line that it is to be, without anything in it that a terminal would obey.</summary>
    public static string Line(string message) => Printable.Whole(message.ReplaceLineEndings(" ")).TrimEnd('.', ' ');
}
