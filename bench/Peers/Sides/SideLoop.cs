using System.Diagnostics;
using System.Globalization;
using Graft.Benchmarks;

namespace Graft.Peers;

/// <summary>What a side's process does: it makes the side, then does what each line on standard input says. Every answer is one
/// line that begins with <see cref="Mark"/>, so that what a native library prints is told from it.</summary>
internal static class SideLoop
{
    public const string Mark = "@side ";
    public const string Once = "run";
    public const string Roof = "roof";
    public const string Bandwidth = "bandwidth";
    public const string Peak = "peak";
    public const string Ready = "ready";
    public const string Missing = "missing";
    public const string Failed = "failed";

    /// <summary>Answers until standard input ends, which it also does when the harness is gone.</summary>
    public static int Run(Workload workload, string name, int threads, TextReader input, TextWriter output)
    {
        try
        {
            using var side = workload.Side(name)(threads);
            Answer($"{Ready} {side.ParameterCount} {side.Kernel}");
            while (input.ReadLine() is { } line)
            {
                Answer(line switch
                {
                    Once => Timed(side, workload.Repeats),
                    Roof => string.Create(CultureInfo.InvariantCulture, $"{ArithmeticRoof.Measure(threads):r}"),
                    Bandwidth => string.Create(CultureInfo.InvariantCulture, $"{RoofReport.Copy(threads):r}"),
                    Peak => $"{PeakResidentBytes()}",
                    _ => throw new BenchmarkException($"a side was told '{line}', which it does not know"),
                });
            }
            return ExitCode.Done;
        }
        catch (PeerMissingException exception)
        {
            Answer($"{Missing} {Program.Line(exception.Message)}");
        }
        // whatever a library throws is the harness's to report, in one line
        catch (Exception exception)
        {
            Answer($"{Failed} {exception.GetType().Name}: {Program.Line(exception.Message)}");
        }
        return ExitCode.Failed;

        void Answer(string text)
        {
            output.WriteLine(Mark + text);
            output.Flush();
        }
    }

    private static string Timed(ISide side, int repeats)
    {
        side.Prepare();
        long bytes = GC.GetTotalAllocatedBytes(precise: true), started = Stopwatch.GetTimestamp();
        float result = 0;
        for (int repeat = 0; repeat < repeats; repeat++) result = side.Run();
        double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / repeats:r} {bytes / repeats} {result:r}");
    }

    /// <summary>The high-water mark of this process's resident memory.</summary>
    private static long PeakResidentBytes()
    {
        const string Status = "/proc/self/status", Field = "VmHWM:";
        if (File.Exists(Status))
        {
            foreach (string line in File.ReadLines(Status))
            {
                if (line.StartsWith(Field, StringComparison.Ordinal))
                    return 1024 * long.Parse(line.AsSpan(Field.Length).Trim().TrimEnd("kB "), CultureInfo.InvariantCulture);
            }
        }
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}
