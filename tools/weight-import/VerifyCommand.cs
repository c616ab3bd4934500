using System.CommandLine;
using Graft.Models;

namespace Graft.WeightImport;

/// <summary><c>weight-import verify FILE --architecture NAME</c>: whether a checkpoint fills a model, key by key.</summary>
internal static class VerifyCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A safetensors file, a PyTorch checkpoint, or a folder that holds one." };
        var architecture = new Option<string>("--architecture") { Description = "The model to fill: resnet18, cifar-resnet20 ...", Required = true };
        architecture.AcceptOnlyFromAmong([.. ModelRegistry.Names]);
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("verify", "Loads a checkpoint into a model and reports what fits.") { file, architecture, json };
        command.SetAction(parsed =>
        {
            using var checkpoint = Checkpoint.Open(parsed.GetRequiredValue(file));
            var model = ModelRegistry.Create(parsed.GetRequiredValue(architecture));
            var report = model.Load(checkpoint);
            long parameters = model.Parameters().Sum(parameter => parameter.Shape.ElementCount);
            var output = parsed.InvocationConfiguration.Output;
            if (!parsed.GetValue(json))
            {
                output.WriteLine($"{model.Name}: {report.Loaded} tensors loaded, {parameters:N0} parameters; none missing, unexpected or of another shape");
                return ExitCode.Done;
            }
            JsonOutput.Write(output, writer =>
            {
                writer.WriteString("architecture", model.Name);
                writer.WriteNumber("loaded", report.Loaded);
                writer.WriteNumber("parameters", parameters);
            });
            return ExitCode.Done;
        });
        return command;
    }
}
