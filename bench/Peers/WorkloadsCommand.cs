using System.CommandLine;

namespace Graft.Peers;

/// <summary><c>bench workloads</c>: ours and each peer in turn.</summary>
internal static class WorkloadsCommand
{
    public static Command Make()
    {
        var options = new WorkloadOptions();
        var json = new Option<bool>("--json") { Description = "Print one JSON array, an object for each workload." };
        var command = new Command("workloads", "Runs the workloads, ours and each peer in turn, and prints medians and ratios.") { json };
        options.AddTo(command);
        command.SetAction(async (parsed, interrupt) =>
        {
            var (results, exitCode) = await options.Run(parsed, options.Chosen(parsed), interrupt);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) output.WriteLine(ResultOutput.ToJson(results, indented: false));
            else if (results.Count > 0) ResultOutput.WriteTable(output, results);
            return exitCode;
        });
        return command;
    }
}
