using System.CommandLine;
using System.Globalization;

namespace Graft.Peers;

/// <summary><c>bench profile WORKLOAD</c>: where our side's time goes, by kernel family.</summary>
internal static class ProfileCommand
{
    public static Command Make()
    {
        var workload = new Argument<string>("WORKLOAD") { Description = "The workload of which our side is sampled." };
        var threads = CommonOptions.Threads();
        var seconds = new Option<double>("--seconds") { Description = "How long it is sampled, after warming up.", DefaultValueFactory = _ => 10 };
        var command = new Command("profile", "Samples our side of a workload and prints each kernel family's share of the time.") { workload, threads, seconds };
        command.SetAction(async (parsed, interrupt) =>
        {
            double length = parsed.GetValue(seconds);
            if (!(length is > 0 and <= 600)) throw new WrongInputException("--seconds has to be above 0 and at most 600");
            var shares = await KernelProfile.Sample(
                WorkloadTable.Find(parsed.GetRequiredValue(workload)), CommonOptions.ThreadsOf(parsed, threads), TimeSpan.FromSeconds(length), interrupt);
            foreach (var (family, share) in shares)
                parsed.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share,8:0.0 %}  {family}"));
            return ExitCode.Done;
        });
        return command;
    }
}
