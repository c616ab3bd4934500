using System.CommandLine;

namespace Graft.Peers;

/// <summary>The command line that runs Graft beside other libraries.</summary>
internal static class Program
{
    public const string Name = "bench";

    public static int Main(string[] args)
    {
        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            // the sides are ended before this process is; a second Ctrl-C ends it at once
            pressed.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        };
        return Run(args, Console.Out, Console.Error, interrupt.Token);
    }

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken interrupt)
    {
        var root = new RootCommand("Measures Graft beside other libraries, in one run, on this machine.")
        {
            WorkloadsCommand.Make(),
            GateCommand.Make(),
            ProfileCommand.Make(),
            RoofCommand.Make(),
            ProductsCommand.Make(),
            SideCommand.Make(),
            OnnxCommand.Make(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [var unknown, ..] ? $"there is no command or option '{unknown}'" : Line(parsed.Errors[0].Message);
            error.WriteLine($"{Name}: {problem}; see --help");
            return ExitCode.WrongInput;
        }
        try
        {
            var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return parsed.InvokeAsync(invocation, interrupt).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            error.WriteLine($"{Name}: interrupted");
            return ExitCode.Interrupted;
        }
        catch (WrongInputException exception)
        {
            error.WriteLine($"{Name}: {Line(exception.Message)}");
            return ExitCode.WrongInput;
        }
        catch (Exception exception) when (exception is BenchmarkException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"{Name}: {Line(exception.Message)}");
            return ExitCode.Failed;
        }
    }

    public static string Line(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
