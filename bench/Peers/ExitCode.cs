namespace Graft.Peers;

/// <summary>What the process says to the script that called it.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongInput = 2;
    public const int Interrupted = 130;
}

/// <summary>Options that cannot be followed.</summary>
internal sealed class WrongInputException(string message) : Exception(message);

/// <summary>A measurement that cannot be made, or means nothing.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
