using System.Diagnostics;

namespace Graft.Peers;

/// <summary>This program once more.</summary>
internal static class SelfProcess
{
    private const string Runtime = "dotnet";

    public static ProcessStartInfo With(params IEnumerable<string> arguments)
    {
        string self = Environment.ProcessPath ?? throw new BenchmarkException("this program cannot find itself to start its sides");
        // 'dotnet Graft.Peers.dll' is the runtime's process, 'Graft.Peers' its own
        return Path.GetFileNameWithoutExtension(self) == Runtime ? Other(typeof(SelfProcess).Assembly.Location, arguments) : Start(self, arguments);
    }

    /// <summary>This program as another build has it.</summary>
    public static ProcessStartInfo Other(string build, params IEnumerable<string> arguments) => Start(Runtime, [build, .. arguments]);

    private static ProcessStartInfo Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }
}
