using System.ComponentModel;
using System.Diagnostics;

namespace Graft.GpuCheck;

/// <summary>The tests of the device contract, at full size on the card.</summary>
internal static class Conformance
{
    /// <summary>The variable that makes the tests take the card instead of its simulation.</summary>
    public const string Variable = "GRAFT_GPU";

    public static void Run(string program, Report report)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        // PTX is compiled without a card elsewhere
        foreach (string argument in new[] { "--no-ansi", "--no-progress", "--filter-not-class", "*PtxTests" }) start.ArgumentList.Add(argument);
        start.Environment[Variable] = "card";
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) report.Tell(text + errors.GetAwaiter().GetResult());
            report.Check("conformance", process.ExitCode == 0, text.Split('\n').FirstOrDefault(static line => line.Contains("total:", StringComparison.Ordinal))?.Trim() ?? "no summary");
        }
        catch (Win32Exception exception)
        {
            report.Check("conformance", holds: false, $"{program} cannot be started: {exception.Message}");
        }
    }
}
