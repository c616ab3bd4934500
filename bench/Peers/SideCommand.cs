using System.CommandLine;

namespace Graft.Peers;

/// <summary><c>bench side WORKLOAD SIDE</c>: one side in a process of its own; only the harness calls it.</summary>
internal static class SideCommand
{
    public const string Name = "side";

    public static Command Make()
    {
        var workload = new Argument<string>("WORKLOAD");
        var side = new Argument<string>("SIDE");
        var threads = CommonOptions.Threads();
        var command = new Command(Name, "One side of a workload, told what to do on standard input.") { workload, side, threads };
        command.Hidden = true;
        command.SetAction(parsed => SideLoop.Run(
            WorkloadTable.Find(parsed.GetRequiredValue(workload)), parsed.GetRequiredValue(side), CommonOptions.ThreadsOf(parsed, threads),
            Console.In, parsed.InvocationConfiguration.Output));
        return command;
    }
}
