using System.Collections.ObjectModel;
using System.CommandLine;
using Graft.CommandLine;
using Graft.Tensors;
using Graft.Tensors.Gpu;

namespace Graft.GpuCheck;

/// <summary>What a card makes of the house, within minutes: the conformance of its kernels, training steps beside the CPU's numbers, and how fast products and steps are beside the
/// card's roof and beside PyTorch on the same card. The last line is "N passed, N failed".</summary>
internal static class Program
{
    public static int Main(string[] args) => Run(args, Console.Out, Console.Error);

    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var card = new Option<int>("--card") { Description = "Which of the machine's cards.", HelpName = "N" };
        var cpu = new Option<bool>("--cpu") { Description = "The CPU in the card's place, to try this program itself." };
        var quick = new Option<bool>("--quick") { Description = "Small networks and products, a run of each." };
        var conformance = new Option<string?>("--conformance") { Description = "The published tests of the kernels.", HelpName = "PROGRAM" };
        var python = new Option<string?>("--python") { Description = "An interpreter with a PyTorch that sees the card.", HelpName = "PROGRAM" };
        var root = new RootCommand("Checks the kernels, training steps and speed of a card.") { card, cpu, quick, conformance, python };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            error.WriteLine($"gpu-check: {parsed.Errors[0].Message.TrimEnd('.')}; see --help");
            return ExitCode.WrongInput;
        }
        root.SetAction(result =>
        {
            try
            {
                using var tested = result.GetValue(cpu) ? (IDisposable)new CpuDevice() : GpuDevice.Create(result.GetValue(card));
                var report = new Report(output);
                var device = (Device)tested;
                report.Heading(device.Name);
                if (result.GetValue(conformance) is { } tests) Conformance.Run(tests, report);
                TrainingSteps.Compare(device, result.GetValue(quick), report);
                var peers = result.GetValue(python) is { } interpreter ? Peer.Measure(interpreter, result.GetValue(quick), report) : ReadOnlyDictionary<string, double>.Empty;
                Speed.Measure(device, result.GetValue(quick), peers, report);
                return report.End();
            }
            catch (Exception exception) when (exception is DeviceUnavailableException or ArgumentOutOfRangeException)
            {
                error.WriteLine($"gpu-check: {exception.Message.ReplaceLineEndings(" ")}");
                return ExitCode.WrongInput;
            }
        });
        return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error });
    }
}
