using System.Diagnostics;
using System.Diagnostics.Tracing;
using Graft.Tensors;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing.Etlx;
using EventPipeProvider = Microsoft.Diagnostics.NETCore.Client.EventPipeProvider;

namespace Graft.Peers;

/// <summary>Where our side's time goes: the runtime's own sampling of the thread that computes, a sample a millisecond, each
/// counted for the kernel family of the device that it is in. That thread takes part in every kernel and waits for the other
/// threads within it, so the shares are of wall-clock time.</summary>
internal static class KernelProfile
{
    private const string Sampler = "Microsoft-DotNETCore-SampleProfiler";

    /// <summary>What a kernel's share is called that no kernel family accounts for.</summary>
    public const string Outside = "outside the kernels";

    /// <summary>Runs our side of a workload for a while, after warming it up, and returns the families' shares, largest first.</summary>
    public static async Task<IReadOnlyList<(string Family, double Share)>> Sample(Workload workload, int threads, TimeSpan length, CancellationToken interrupt)
    {
        using var side = workload.Side(Workload.Ours)(threads);
        RunFor(side, TimeSpan.FromSeconds(2), interrupt);
        string trace = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.nettrace"), log = Path.ChangeExtension(trace, ".etlx");
        try
        {
            int thread = await Trace(trace, () => RunFor(side, length, interrupt));
            TraceLog.CreateFromEventPipeDataFile(trace, log);
            return Shares(log, thread);
        }
        finally
        {
            File.Delete(trace);
            File.Delete(log);
        }
    }

    /// <summary>Samples while <paramref name="work"/> runs on a thread of its own; returns the system's number of that thread.</summary>
    private static async Task<int> Trace(string file, Action work)
    {
        var client = new DiagnosticsClient(Environment.ProcessId);
        using var session = await client.StartEventPipeSessionAsync([new EventPipeProvider(Sampler, EventLevel.Informational)], requestRundown: true, circularBufferMB: 256, CancellationToken.None);
        await using var target = File.Create(file);
        var copying = session.EventStream.CopyToAsync(target);
        int number = 0;
        try
        {
            await Task.Factory.StartNew(
                () =>
                {
                    number = CurrentThread();
                    work();
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            await session.StopAsync(CancellationToken.None);
            await copying;
        }
        return number;
    }

    private static void RunFor(ISide side, TimeSpan length, CancellationToken interrupt)
    {
        var clock = Stopwatch.StartNew();
        do
        {
            interrupt.ThrowIfCancellationRequested();
            side.Run();
        }
        while (clock.Elapsed < length);
    }

    private static List<(string Family, double Share)> Shares(string log, int thread)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        int all = 0;
        using var trace = new TraceLog(log);
        foreach (var sample in trace.Events)
        {
            if (sample.ProviderName != Sampler || sample.ThreadID != thread || sample.CallStack() is not { } stack) continue;
            string family = FamilyOf(stack);
            counts[family] = counts.GetValueOrDefault(family) + 1;
            all++;
        }
        if (all == 0) throw new BenchmarkException("the runtime gave no samples: is DOTNET_EnableDiagnostics=0 set?");
        return [.. counts.Select(pair => (pair.Key, pair.Value / (double)all)).OrderByDescending(pair => pair.Item2)];
    }

    /// <summary>The outermost method of the device on the stack: kernels that call others count as themselves.</summary>
    private static string FamilyOf(TraceCallStack? stack)
    {
        string device = typeof(CpuDevice).FullName! + ".", family = Outside;
        for (; stack is not null; stack = stack.Caller)
        {
            string method = stack.CodeAddress.FullMethodName;
            if (!method.StartsWith(device, StringComparison.Ordinal)) continue;
            // a function within a method is called <method>g__function
            string name = method[device.Length..].TrimStart('<');
            int end = name.IndexOfAny(['(', '[', '<', '>']);
            family = end < 0 ? name : name[..end];
        }
        return family;
    }

    // the samples carry the system's numbers of threads, not the runtime's
    private static int CurrentThread()
    {
        string target = File.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)?.Name
            ?? throw new BenchmarkException("profiling needs Linux: /proc/thread-self is not there");
        return int.Parse(target, System.Globalization.CultureInfo.InvariantCulture);
    }
}
