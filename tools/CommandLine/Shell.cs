using System.CommandLine;

namespace Graft.CommandLine;

/// <summary>A command line tool: its commands, and how it ends. What is wrong is one line on standard error and an exit code.</summary>
/// <param name="name">The tool's name.</param>
/// <param name="root">Its commands.</param>
public sealed class Shell(string name, RootCommand root)
{
    /// <summary>Whether an exception says that the input cannot be used; beside <see cref="WrongInputException"/>,
    /// <see cref="CheckpointException"/> and a <see cref="HubException"/> for a name, which always do.</summary>
    public Func<Exception, bool> IsWrongInput { get; init; } = static _ => false;

    /// <summary>Whether an exception says that the work failed; beside <see cref="WorkFailedException"/>, files that cannot be read or written,
    /// and memory that is lacking, which always do.</summary>
    public Func<Exception, bool> IsFailure { get; init; } = static _ => false;

    /// <summary>What is wrong with a token that the command does not know.</summary>
    public Func<ParseResult, string, string> UnknownToken { get; init; } = static (_, token) => $"there is no command or option '{Printable.Text(token)}'";

    /// <summary>Runs the process's command line, with signals, on its standard output and error.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>The exit code.</returns>
    public int Main(string[] args)
    {
        Console.SetError(new LastingWriter(Console.Error));
        Console.SetOut(new LastingWriter(Console.Out));
        using var signals = new Signals();
        return signals.ExitCodeOf(Run(args, Console.Out, Console.Error, signals.Token));
    }

    /// <summary>Runs one command line.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="interrupt">Ends the work.</param>
    /// <returns>The exit code.</returns>
    public int Run(string[] args, TextWriter output, TextWriter error, CancellationToken interrupt = default)
    {
        ArgumentNullException.ThrowIfNull(error);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 || parsed.UnmatchedTokens.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [var unknown, ..] ? UnknownToken(parsed, unknown) : Line(parsed.Errors[0].Message);
            string command = parsed.CommandResult.Command == root ? name : $"{name} {parsed.CommandResult.Command.Name}";
            error.WriteLine($"{name}: {problem}{(problem.EndsWith('?') ? "" : ";")} see {command} --help");
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
            error.WriteLine($"{name}: interrupted");
            return ExitCode.Interrupted;
        }
        catch (OutOfMemoryException exception)
        {
            error.WriteLine($"{name}: not enough memory: {Line(exception.Message)}");
            return ExitCode.Failed;
        }
        catch (Exception exception) when (exception is WrongInputException or CheckpointException or HubException { IsWrongName: true } || IsWrongInput(exception))
        {
            error.WriteLine($"{name}: {Line(exception.Message)}");
            return ExitCode.WrongInput;
        }
        catch (Exception exception) when (exception is WorkFailedException or IOException or UnauthorizedAccessException || IsFailure(exception))
        {
            error.WriteLine($"{name}: {Line(exception.Message)}");
            return ExitCode.Failed;
        }
    }

    /// <summary>A message as the one line that it is to be, without anything in it that a terminal would obey.</summary>
    /// <param name="message">The message.</param>
    public static string Line(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Printable.Whole(message.ReplaceLineEndings(" ")).TrimEnd('.', ' ');
    }
}
