using System.CommandLine;
using System.Globalization;

namespace Graft.Peers;

/// <summary>Which workloads run and how: what every command takes that runs some.</summary>
internal sealed class WorkloadOptions
{
    private const double BusyMachine = 0.5;
    private const string LoadAverage = "/proc/loadavg";

    private readonly Option<string[]> only = new("--only")
    {
        Description = "The workloads to run (default: all).",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> without = new("--without")
    {
        Description = "Peers to leave out.",
        HelpName = "PEER",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> against = new("--against")
    {
        Description = "The folder of another build of this program, whose Graft runs in turn with this one; may be given several times.",
        HelpName = "DIR",
    };

    private readonly Option<int> threads = CommonOptions.Threads();

    private readonly Option<int> rounds = new("--rounds")
    {
        Description = "How many runs of each side are timed (default: about ten seconds' worth, 7 at least).",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(only);
        command.Options.Add(without);
        command.Options.Add(against);
        command.Options.Add(threads);
        command.Options.Add(rounds);
    }

    /// <summary>The workloads that the command line names, or all.</summary>
    public IReadOnlyList<Workload> Chosen(ParseResult parsed) =>
        parsed.GetValue(only) is { Length: > 0 } names ? [.. names.Distinct().Select(WorkloadTable.Find)] : WorkloadTable.All;

    /// <summary>Runs workloads as the command line asks. One that fails is reported, and the others still run.</summary>
    public async Task<(IReadOnlyList<WorkloadResult> Results, int ExitCode)> Run(
        ParseResult parsed, IReadOnlyList<Workload> workloads, CancellationToken interrupt)
    {
        string[] leftOut = parsed.GetValue(without) ?? [];
        int threadCount = CommonOptions.ThreadsOf(parsed, threads), roundCount = parsed.GetValue(rounds);
        if (roundCount < 0) throw new WrongInputException("--rounds has to be at least 1");
        var peers = WorkloadTable.All.SelectMany(workload => workload.Peers).Distinct().ToList();
        if (leftOut.FirstOrDefault(name => !peers.Contains(name)) is { } unknown)
            throw new WrongInputException($"there is no peer '{unknown}' to leave out; there are {string.Join(", ", peers)}");

        WorkloadSide[] builds = [.. (parsed.GetValue(against) ?? []).Distinct().Select(WorkloadSide.Of)];

        var error = parsed.InvocationConfiguration.Error;
        if (workloads.Count > 0 && RunningTasks() is > BusyMachine and var running)
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"note: {running:0.0} tasks want this machine's cores already (load average): the ratios will be off"));
        var results = new List<WorkloadResult>();
        int exitCode = ExitCode.Done;
        foreach (var workload in workloads)
        {
            error.WriteLine($"{workload.Name} ...");
            try
            {
                var result = await Comparison.Measure(workload with { Sides = [.. workload.Sides, .. builds] }, leftOut, threadCount, roundCount, interrupt);
                results.Add(result);
                error.WriteLine($"{workload.Name}: {Outcome(result)}");
                foreach (var (peer, reason) in result.Failed) error.WriteLine($"note: {workload.Name}: without {peer}: {reason}");
            }
            catch (BenchmarkException exception)
            {
                error.WriteLine($"{Program.Name}: {Program.Line(exception.Message)}");
                exitCode = ExitCode.Failed;
            }
        }
        return (results, exitCode);
    }

    /// <summary>The system's load average over the last minute; 0 where it does not tell.</summary>
    private static double RunningTasks() =>
        File.Exists(LoadAverage) ? double.Parse(File.ReadAllText(LoadAverage).Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    private static string Outcome(WorkloadResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.MedianMs:0.00} ms{string.Concat(result.BuildMs.Concat(result.PeerMs).Select(peer => $", {peer.Key} {peer.Value:0.00} ms"))}{(result.Ratio is { } ratio ? $", ratio {ratio:0.00}" : "")}");
}
