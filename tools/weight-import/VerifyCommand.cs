using System.CommandLine;
using Graft.CommandLine;
using Graft.Onnx;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.WeightImport;

/// <summary><c>weight-import verify</c>: with <c>--architecture NAME</c> whether a checkpoint fills a model, key by key; with
/// <c>--reference FILE</c> whether the model of a folder computes what another library computed.</summary>
internal static class VerifyCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A checkpoint, or an ONNX file; with --reference also a folder with config.json and the weights." };
        var architecture = new Option<string?>("--architecture")
        {
            Description = "The model to fill, with as many classes as the weights have: resnet18, cifar-resnet20 ...",
            HelpName = "NAME",
        };
        architecture.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var name }] && !ModelRegistry.Names.Contains(name))
                result.AddError(
                    $"--architecture '{Printable.Text(name)}' is not known{(NearName.Find(name, ModelRegistry.Names) is { } near ? $", perhaps {near}" : "")}; "
                    + $"known are {string.Join(", ", ModelRegistry.Names)}");
        });
        var reference = new Option<string?>("--reference")
        {
            Description = "What another library computed: a safetensors file of input.*, output.*, loss and grad.*.",
            HelpName = "REFERENCE.safetensors",
        };
        var adapter = new Option<string?>("--adapter")
        {
            Description = "Adapters for the model of the folder, as PEFT saves them; with --reference, which has what PEFT computed with, without and merged.",
            HelpName = "DIR",
        };
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "The largest difference of outputs and loss, relative to the tensor's largest entry.",
            DefaultValueFactory = _ => 1e-5,
            HelpName = "T",
        };
        var gradientTolerance = new Option<double>("--gradient-tolerance")
        {
            Description = "The same of gradients.",
            DefaultValueFactory = _ => 1e-4,
            HelpName = "T",
        };
        var data = new Option<string?>("--data")
        {
            Description = "Pictures of the kind that the weights were trained on, without labels: compares each batch norm's stored mean and "
                + "variance with those measured on up to 600 of them.",
            HelpName = "DIR",
        };
        var preprocess = new Option<string?>("--preprocess")
        {
            Description = "What is done to a picture first, of an ONNX file: the graph that came with it, or a preprocessor_config.json.",
            HelpName = "FILE.onnx|FILE.json",
        };
        var allowNonFinite = new Option<bool>("--allow-non-finite") { Description = "Take weights that are not finite, and variances below 0." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("verify", "Loads weights into their model and reports what fits, or what differs from a reference.")
        {
            file, architecture, reference, adapter, data, preprocess, tolerance, gradientTolerance, allowNonFinite, json,
        };
        var selection = new SelectionOptions(command, hasLayout: false);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
        return command;

        int Run(ParseResult parsed, CancellationToken interrupt)
        {
            string path = parsed.GetRequiredValue(file);
            bool asJson = parsed.GetValue(json);
            var options = selection.Read(parsed) with { AllowNonFinite = parsed.GetValue(allowNonFinite) };
            var output = parsed.InvocationConfiguration.Output;
            string? adapters = parsed.GetValue(adapter);
            if (adapters is not null && (parsed.GetValue(reference) is null || parsed.GetValue(architecture) is not null || parsed.GetValue(data) is not null))
                throw new WrongInputException("--adapter goes with a folder and --reference alone");
            bool isGraph = File.Exists(path) && OnnxFormat.IsNamed(path) && parsed.GetValue(architecture) is null;
            if (!isGraph && parsed.GetValue(preprocess) is not null) throw new WrongInputException("--preprocess goes with an ONNX file");
            if (isGraph && adapters is not null) throw new WrongInputException("--adapter goes with a folder that holds config.json and the weights");
            if (isGraph && parsed.GetValue(data) is null)
            {
                var model = OnnxImageModel.Open(path, new OnnxImageOptions { Preprocess = parsed.GetValue(preprocess) });
                return parsed.GetValue(reference) is { } computed
                    ? ReferenceOutput.Write(output, ReferenceCheck.Run(model, model.Report, computed, Device.Cpu), Limits(parsed), asJson)
                    : Filled(output, model, model.Report, asJson);
            }
            if (parsed.GetValue(data) is { } pictures)
            {
                if (parsed.GetValue(reference) is not null) throw new WrongInputException("--data and --reference exclude one another: verify by one after the other");
                var classifier = isGraph ? ImageClassifier.From(ImageModelSource.Onnx(path, parsed.GetValue(preprocess)))
                    : parsed.GetValue(architecture) is { } known
                    ? ImageClassifier.FromPretrained(known, path, options: options)
                    : ImageClassifier.Load(path);
                return StatisticsOutput.Write(output, parsed.InvocationConfiguration.Error, classifier, pictures, asJson, interrupt);
            }
            switch (parsed.GetValue(architecture), parsed.GetValue(reference))
            {
                case ({ } name, null):
                    if (parsed.GetResult(tolerance) is { Implicit: false } || parsed.GetResult(gradientTolerance) is { Implicit: false })
                        throw new WrongInputException("--tolerance and --gradient-tolerance go with --reference");
                    return Fill(output, path, name, options, asJson);
                case (null, { } referencePath):
                    return ReferenceOutput.Write(output, path, adapters, referencePath, options, Limits(parsed), asJson);
                case (null, null):
                    throw new WrongInputException("verify needs --architecture NAME, or --reference FILE and a folder with config.json");
                default:
                    throw new WrongInputException("--architecture and --reference exclude one another: config.json names the architecture");
            }
        }

        Tolerances Limits(ParseResult parsed) =>
            new(Allowed(parsed.GetValue(tolerance), "--tolerance"), Allowed(parsed.GetValue(gradientTolerance), "--gradient-tolerance"));
    }

    private static int Fill(TextWriter output, string path, string architecture, LoadOptions options, bool asJson)
    {
        options = options with { AllowMissingHead = true };
        using var checkpoint = Checkpoint.Open(path);
        var model = ModelRegistry.CreateFor(architecture, checkpoint, options);
        return Filled(output, model, model.Load(checkpoint, options), asJson);
    }

    private static int Filled(TextWriter output, ImageModel model, LoadReport report, bool asJson)
    {
        long parameters = model.Parameters().Sum(parameter => parameter.Shape.ElementCount);
        if (!asJson)
        {
            output.WriteLine($"{model.Name}: {report.Summary}; {parameters:N0} parameters");
            if (report.Receipt is { } receipt) output.WriteLine($"receipt: {receipt}");
            return ExitCode.Done;
        }
        JsonOutput.Write(output, writer =>
        {
            writer.WriteString("architecture", model.Name);
            writer.WriteNumber("loaded", report.Loaded);
            writer.WriteNumber("parameters", parameters);
            writer.WriteReport(report);
            writer.WriteReceipt(report.Receipt);
        });
        return ExitCode.Done;
    }

    private static double Allowed(double value, string option) => value >= 0 && double.IsFinite(value)
        ? value : throw new WrongInputException($"{option} is a share from 0, such as 1e-5");
}
