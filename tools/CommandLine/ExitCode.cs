namespace Graft.CommandLine;

/// <summary>What the process says to the script that called it.</summary>
public static class ExitCode
{
    /// <summary>The work is done.</summary>
    public const int Done = 0;

    /// <summary>Work that was begun and could not be finished, or not all of it.</summary>
    public const int Failed = 1;

    /// <summary>Input that cannot be used, or options that cannot be followed.</summary>
    public const int WrongInput = 2;

    /// <summary>Ctrl-C; SIGHUP and SIGTERM give 129 and 143, a shell's 128 and the signal's number.</summary>
    public const int Interrupted = 130;

    /// <summary>SIGHUP.</summary>
    public const int HungUp = 129;

    /// <summary>SIGTERM.</summary>
    public const int Terminated = 143;
}

#pragma warning disable CA1032 // thrown by the tools alone, always with a message
/// <summary>Input that cannot be used, or options that cannot be followed.</summary>
/// <param name="message">What is wrong and what to do.</param>
public sealed class WrongInputException(string message) : Exception(message);

/// <summary>Work that was begun and could not be finished.</summary>
/// <param name="message">What went wrong.</param>
/// <param name="cause">What threw.</param>
public sealed class WorkFailedException(string message, Exception? cause = null) : Exception(message, cause);
#pragma warning restore CA1032
