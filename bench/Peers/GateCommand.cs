using System.CommandLine;
using System.Globalization;

namespace Graft.Peers;

/// <summary><c>bench gate</c>: fails where a ratio has fallen behind the committed ones.</summary>
internal static class GateCommand
{
    public static Command Make()
    {
        var options = new WorkloadOptions();
        var results = new Option<string>("--results") { Description = "A file or folder of committed results (default: bench/results).", HelpName = "PATH" };
        var tolerance = new Option<double>("--tolerance") { Description = "How far a ratio may fall behind.", DefaultValueFactory = _ => 0.15 };
        var command = new Command("gate", "Runs the workloads and fails where a ratio has fallen behind the committed results.") { results, tolerance };
        options.AddTo(command);
        command.SetAction(async (parsed, interrupt) =>
        {
            double allowed = parsed.GetValue(tolerance);
            if (!(allowed >= 0)) throw new WrongInputException("--tolerance has to be 0 or more: 0.15 lets a ratio grow by 15 %");
            var committed = CommittedResults.Read(parsed.GetValue(results) ?? DefaultFolder());
            var output = parsed.InvocationConfiguration.Output;
            var (measured, exitCode) = await options.Run(parsed, options.Chosen(parsed), interrupt);
            // a disturbed machine is not a slower library: what fell behind gets a second run, and the better one counts
            var again = measured.Where(result => committed.Compare(result) is { } standing && standing.Behind > allowed).Select(result => WorkloadTable.Find(result.Workload));
            var second = await options.Run(parsed, [.. again], interrupt);
            foreach (var result in measured)
            {
                var standings = second.Results.Where(other => other.Workload == result.Workload).Append(result)
                    .Select(committed.Compare).OfType<Standing>().OrderBy(standing => standing.Behind).ToList();
                if (standings is not [var best, ..])
                {
                    output.WriteLine($"{result.Workload}: no committed ratio of {result.Threads} threads beside the same peer");
                    continue;
                }
                bool behind = best.Behind > allowed;
                if (behind) exitCode = ExitCode.Failed;
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Workload}: ratio {best.Measured:0.000}, committed {best.Committed:0.000}{(behind ? $": {best.Behind:0 %} behind, more than the {allowed:0 %} allowed" : "")}"));
            }
            return exitCode;
        });
        return command;
    }

    /// <summary>The repository's own results, sought upwards from where the program lies.</summary>
    private static string DefaultFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string results = Path.Combine(folder.FullName, "bench", "results");
            if (Directory.Exists(results)) return results;
        }
        throw new WrongInputException("there is no bench/results in the repository yet: make results with 'workloads --json', or name some with --results");
    }
}
