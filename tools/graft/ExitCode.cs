namespace Graft.CommandLine;

/// <summary>What the process says to the script that called it.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongInput = 2;

    /// <summary>Ctrl-C; SIGHUP and SIGTERM give 129 and 143, a shell's 128 and the signal's number.</summary>
    public const int Interrupted = 130;

    public const int HungUp = 129;
    public const int Terminated = 143;
}

/// <summary>Input that cannot be used, or options that cannot be followed.</summary>
internal sealed class WrongInputException(string message) : Exception(message);

/// <summary>Work that was begun and could not be finished.</summary>
internal sealed class WorkFailedException(string message, Exception? cause = null) : Exception(message, cause);
