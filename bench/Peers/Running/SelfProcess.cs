using System.Diagnostics;

namespace Graft.Peers;

/// <summary>This program once more.</summary>
internal static class SelfProcess
{
    public static ProcessStartInfo With(params IEnumerable<string> arguments)
    {
        string self = Environment.ProcessPath ?? throw new BenchmarkException("this program cannot find itself to start its sides");
        var start = new ProcessStartInfo(self) { RedirectStandardOutput = true };
        // 'dotnet Graft.Peers.dll' is the runtime's process, 'Graft.Peers' its own
        if (Path.GetFileNameWithoutExtension(self) == "dotnet") start.ArgumentList.Add(typeof(SelfProcess).Assembly.Location);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }
}
