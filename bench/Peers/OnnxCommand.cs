using System.CommandLine;
using System.Runtime.InteropServices;

namespace Graft.Peers;

/// <summary><c>bench onnx WORKLOAD FOLDER</c>: our model as an ONNX file, beside the logits that ours makes of the fixed inputs. Only
/// the side that reads them calls it: in a process of its own, what our model needs does not count as that side's memory.</summary>
internal static class OnnxCommand
{
    public const string Name = "onnx";
    public const string ModelFile = "model.onnx";
    public const string LogitsFile = "logits.bin";

    public static Command Make()
    {
        var workload = new Argument<string>("WORKLOAD");
        var folder = new Argument<string>("FOLDER");
        var command = new Command(Name, "Writes the model of a workload as ONNX and prints the number of its parameters.") { workload, folder };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var chosen = WorkloadTable.Find(parsed.GetRequiredValue(workload));
            var model = chosen.Onnx ?? throw new WrongInputException($"the workload {chosen.Name} has no model in ONNX");
            string place = parsed.GetRequiredValue(folder);
            using var file = File.Create(Path.Combine(place, ModelFile));
            var (parameters, logits) = model.Write(file);
            File.WriteAllBytes(Path.Combine(place, LogitsFile), MemoryMarshal.AsBytes<float>(logits));
            parsed.InvocationConfiguration.Output.WriteLine(parameters);
            return ExitCode.Done;
        });
        return command;
    }
}
