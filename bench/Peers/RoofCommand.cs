using System.CommandLine;
using Graft.Benchmarks;

namespace Graft.Peers;

/// <summary><c>bench roof</c>: what the machine can do at most.</summary>
internal static class RoofCommand
{
    public static Command Make()
    {
        var threads = CommonOptions.Threads();
        var json = new Option<bool>("--json") { Description = "Print one JSON array." };
        var command = new Command("roof", "Measures the peak of fused multiply-adds and the bandwidth of memory in this process.") { threads, json };
        command.SetAction(parsed =>
        {
            var report = RoofReport.Measure(CommonOptions.ThreadsOf(parsed, threads));
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(json) ? report.ToJson() : report.ToString());
            return ExitCode.Done;
        });
        return command;
    }
}

/// <summary>What several commands take.</summary>
internal static class CommonOptions
{
    public static Option<int> Threads() => new("--threads")
    {
        Description = "How many threads each side computes with (default: one a core).",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    public static int ThreadsOf(ParseResult parsed, Option<int> option) =>
        parsed.GetValue(option) is var threads and > 0 ? threads : throw new WrongInputException("--threads has to be at least 1");
}
