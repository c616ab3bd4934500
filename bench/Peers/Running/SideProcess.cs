using System.Diagnostics;
using System.Globalization;

namespace Graft.Peers;

/// <summary>One timed run of a side.</summary>
/// <param name="Milliseconds">Of one piece of work.</param>
/// <param name="ManagedBytes">What one piece took from the managed heap.</param>
internal readonly record struct Run(double Milliseconds, double ManagedBytes);

/// <summary>A side in a process of its own, so that memory and threads are its own as well. Between two questions it sleeps,
/// waiting for its standard input.</summary>
internal sealed class SideProcess : IDisposable
{
    // the system counts a process's time in steps of 10 ms
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly Process process;
    private readonly string workload;

    private SideProcess(Workload workload, WorkloadSide side, Process process)
    {
        this.workload = workload.Name;
        this.process = process;
        Name = side.Name;
        IsBuild = side.Build is not null;
    }

    public string Name { get; }

    /// <summary>Whether it is another build of ours, and no peer.</summary>
    public bool IsBuild { get; }

    /// <summary>All weights of the side's model.</summary>
    public long ParameterCount { get; private set; }

    /// <summary>Which of its kernels do the work, where it tells; else null.</summary>
    public string? Kernel { get; private set; }

    /// <summary>Starts this program again as one side of a workload, or another that is one, and returns when the side is ready to run.</summary>
    /// <exception cref="PeerMissingException">The side's library is not there.</exception>
    /// <exception cref="BenchmarkException">The side cannot be made.</exception>
    public static async Task<SideProcess> Start(Workload workload, WorkloadSide side, int threads, CancellationToken interrupt)
    {
        string count = threads.ToString(CultureInfo.InvariantCulture);
        var start = side switch
        {
            { Script: { } script } => PythonProcess.With([.. script, count]),
            { Build: { } build } => SelfProcess.Other(build, SideCommand.Name, workload.Name, Workload.Ours, "--threads", count),
            _ => SelfProcess.With(SideCommand.Name, workload.Name, side.Name, "--threads", count),
        };
        start.RedirectStandardInput = true;
        var started = new SideProcess(workload, side, Begin(start, side));
        try
        {
            string[] ready = await started.Answer(interrupt);
            started.ParameterCount = long.Parse(ready[1], CultureInfo.InvariantCulture);
            started.Kernel = string.Join(' ', ready[2..]).Trim() is { Length: > 0 } kernel ? kernel : null;
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    private static Process Begin(ProcessStartInfo start, WorkloadSide side)
    {
        try
        {
            return Process.Start(start) ?? throw new BenchmarkException($"the {side.Name} side cannot be started");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new PeerMissingException($"{start.FileName} cannot be started ({exception.Message}): run with --without {side.Name}");
        }
    }

    /// <summary>One timed run; returns when the process has come to rest, so that the next side finds the machine idle.</summary>
    /// <exception cref="BenchmarkException">The run failed, or its result is no finite number.</exception>
    public async Task<Run> RunOnce(CancellationToken interrupt)
    {
        double[] numbers = Numbers(await Ask(SideLoop.Once, interrupt));
        await Rest(interrupt);
        return double.IsFinite(numbers[2])
            ? new Run(numbers[0], numbers[1])
            : throw new BenchmarkException($"{workload}: the result of the {Name} side is {numbers[2]}: what it computes is wrong, and its time means nothing");
    }

    /// <summary>The peak of multiply-adds in the side's process, in FLOP/s.</summary>
    public async Task<double> MeasureRoof(CancellationToken interrupt) => Numbers(await Ask(SideLoop.Roof, interrupt))[0];

    /// <summary>How fast the side's process copies what no cache holds, in bytes a second.</summary>
    public async Task<double> MeasureBandwidth(CancellationToken interrupt) => Numbers(await Ask(SideLoop.Bandwidth, interrupt))[0];

    /// <summary>The most memory that the side's process has had resident, in bytes.</summary>
    public async Task<double> PeakResidentBytes(CancellationToken interrupt) => Numbers(await Ask(SideLoop.Peak, interrupt))[0];

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Waits until the process uses no processor time: threads of some libraries spin long after their work is done, and would
    /// take a core from the side whose turn it is.</summary>
    private async Task Rest(CancellationToken interrupt)
    {
        var waited = Stopwatch.StartNew();
        var before = TimeSpan.MinValue;
        while (waited.Elapsed < LongestRest)
        {
            process.Refresh();
            var used = process.TotalProcessorTime;
            if (used == before) return;
            before = used;
            await Task.Delay(Glance, interrupt);
        }
    }

    private async Task<string[]> Ask(string question, CancellationToken interrupt)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(question.AsMemory(), interrupt);
            await process.StandardInput.FlushAsync(interrupt);
        }
        catch (IOException)
        {
            throw Ended();
        }
        return await Answer(interrupt);
    }

    private async Task<string[]> Answer(CancellationToken interrupt)
    {
        while (await process.StandardOutput.ReadLineAsync(interrupt) is { } line)
        {
            if (!line.StartsWith(SideLoop.Mark, StringComparison.Ordinal)) continue;
            line = line[SideLoop.Mark.Length..];
            string[] words = line.Split(' ');
            if (words[0] == SideLoop.Missing) throw new PeerMissingException(line[(SideLoop.Missing.Length + 1)..]);
            if (words[0] == SideLoop.Failed) throw new BenchmarkException($"{workload}: the {Name} side failed: {line[(SideLoop.Failed.Length + 1)..]}");
            return words;
        }
        throw Ended();
    }

    private BenchmarkException Ended()
    {
        process.WaitForExit();
        return new BenchmarkException($"{workload}: the {Name} side ended with exit code {process.ExitCode} and no answer; its own messages stand above");
    }

    private static double[] Numbers(string[] words) => [.. words.Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
}
