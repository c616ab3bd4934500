using System.Diagnostics;
using System.Globalization;
using Graft.CommandLine;

namespace Graft.GpuCheck;

/// <summary>What was found, a line each with the seconds since the start, so that what an interrupted run has shown is kept.</summary>
internal sealed class Report(TextWriter output)
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private int passed, failed;

    public void Heading(string text) => Line($"== {text}");

    /// <summary>A figure that is neither right nor wrong.</summary>
    public void Tell(string text) => Line(text);

    /// <summary>Something that has to hold.</summary>
    public void Check(string what, bool holds, string found)
    {
        if (holds) passed++;
        else failed++;
        Line($"{(holds ? "ok" : "FAILED")}: {what}: {found}");
    }

    /// <summary>The last line, and the exit code.</summary>
    public int End()
    {
        output.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private void Line(string text)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,6:0.0} {text}"));
        output.Flush();
    }
}
