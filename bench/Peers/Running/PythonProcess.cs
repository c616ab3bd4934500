using System.Diagnostics;

namespace Graft.Peers;

/// <summary><c>pytorch.py</c>, which answers as <see cref="SideLoop"/> does.</summary>
internal static class PythonProcess
{
    /// <summary>The variable that names the interpreter which has PyTorch.</summary>
    public const string Variable = "GRAFT_PYTHON";

    public static ProcessStartInfo With(params IEnumerable<string> arguments)
    {
        string python = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : "python3";
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "pytorch.py"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }
}
