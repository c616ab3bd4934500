using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Graft.Autograd;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft summary MODEL</c>: what each phase of a fine-tuning would move, how fast, and what memory a step needs.</summary>
internal sealed class SummaryCommand
{
    /// <summary>Activations are measured on so many examples, and grow with them.</summary>
    private const int Measured = 2;

    private const int UsualLength = 128;

    private readonly Argument<string> model = new("MODEL") { Description = "An architecture, a published model, or a folder: as --model of 'graft fine-tune' takes it." };
    private readonly Option<int> classes = Options.WholeNumber("--classes", "The classes of a new head, which is trained first; the model's own head without it.", least: 1, preset: null);
    private readonly Option<int> examples = Options.WholeNumber(
        "--examples", "How many examples would be learnt from: batch sizes, rates and epochs follow from it.", least: 1, preset: 1000);
    private readonly RecipeOptions recipe;
    private readonly Option<bool> json = Options.Json();

    private SummaryCommand(Command command)
    {
        command.Add(model);
        command.Add(classes);
        command.Add(examples);
        recipe = new RecipeOptions(command);
        command.Add(json);
        command.SetAction(Run);
    }

    public static Command Make()
    {
        var command = new Command(
            "summary",
            "Says of each phase of a fine-tuning what learns: parameters, rates, norms, and the memory of a step (weights, gradients, the optimiser's state, "
            + "measured activations). The options are those of 'graft fine-tune'; nothing is learnt.");
        _ = new SummaryCommand(command);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string name = parsed.GetRequiredValue(model);
        var (subject, options, batch, forward) = Prepare(name, parsed);
        using (subject)
        {
            StageNames.Require(subject, options);
            var phases = Summarise(subject, options, forward);
            long scaled = Math.Max(1, batch);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) WriteJson(output, subject, options, phases, scaled);
            else WriteText(output, subject, options, phases, scaled);
        }
        return ExitCode.Done;
    }

    private static IReadOnlyList<PhaseSummary> Summarise(Model model, FineTuneOptions options, Action<Pass> forward)
    {
        try
        {
            return new FineTuner(model, Device.Cpu, options).Summaries(forward);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    private (Model Model, FineTuneOptions Options, int Batch, Action<Pass> Forward) Prepare(string name, ParseResult parsed)
    {
        int? labels = parsed.Find(classes);
        int count = parsed.GetValue(examples);
        if (PretrainedModel.HeadOf(name) is not null)
        {
            var options = recipe.ReadTexts(parsed, fromScratch: false);
            var text = PretrainedModel.Create(JsonFile.Read(Path.Combine(name, ModelFolder.ConfigFileName)));
            if (labels is { } wanted) text = text.Remake(wanted, seed: 0);
            int length = Math.Min(options.MaximumLength ?? UsualLength, text.Sizes.MaximumLength);
            return (text, options.RecipeFor(text, count), options.BatchSizeFor(count), pass => text.Forward(pass, new TextBatch(Measured, length, new int[Measured * length])));
        }
        var pictures = recipe.Read(parsed, fromScratch: false);
        var (image, size) = Image(name, labels, parsed);
        return (image, pictures.RecipeFor(image, count), pictures.BatchSizeFor(count), pass => image.Forward(pass.Constant(pass.Rent([Measured, 3, size.Height, size.Width]))));
    }

    private static (ImageModel Model, ImageSize Size) Image(string name, int? labels, ParseResult parsed)
    {
        if (ImageModelKinds.Of(name) is not { } kind)
            throw new WrongInputException(
                $"{Printable.Whole(name)}: there is no such architecture, folder or published model{NearName.Hint(name, ImageModelKinds.Names)}; 'graft models' lists them");
        var usual = new ImageSize(224, 224);
        if (kind == ImageModelKind.Architecture)
        {
            var model = ModelRegistry.Create(name, labels ?? ModelRegistry.Pretrained(name).Classes);
            model.IsHeadNew = labels is not null;
            return (model, ModelRegistry.Pretrained(name).Preprocessing.OutputSize ?? usual);
        }
        var source = FetchDisplay.ShowAsync(
            parsed.InvocationConfiguration.Error, progress => ImageModelSource.OpenAsync(name, new ImageModelOptions { Progress = progress })).GetAwaiter().GetResult();
        var classifier = ImageClassifier.From(source);
        if (labels is { } wanted && wanted != classifier.Labels.Count)
            throw new WrongInputException($"--classes {wanted}: {Printable.Whole(name)} has a head of {classifier.Labels.Count}; --classes goes with the name of an architecture");
        return (classifier.Model, classifier.Preprocessing.OutputSize ?? usual);
    }

    private static void WriteText(TextWriter output, Model model, FineTuneOptions options, IReadOnlyList<PhaseSummary> phases, long batch)
    {
        foreach (var (number, (phase, summary)) in phases.Index())
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"phase {number + 1} of {phases.Count}: {phase.Name}, epochs {phase.Epochs}"));
            Tables.Write(
                output, ["stage", "parameters", "trainable", "rate", "decay", "norms", "weights", "gradients", options.Optimiser.Name, "activations"],
                summary.Groups.Select(group => Row(group.Name, group.Parameters, group.Trainable, group.Rate, group.WeightDecay, group.Norms, group.Memory, batch))
                    .Append(Row("all", summary.Parameters, summary.Trainable, null, null, "", summary.Memory, batch)));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"a step of {batch} examples: {Tables.Megabytes(Of(summary.Memory, batch).Total)}, and what kernels need in between"));
        }
        output.WriteLine($"{model.Name}: {options.Strategy.Name}, {options.Optimiser.Name}");
    }

    private static string[] Row(string name, long parameters, long trainable, double? rate, double? decay, string norms, StepMemory memory, long batch) =>
    [
        name, Tables.Count(parameters), Tables.Count(trainable), rate is > 0 and { } some ? Tables.Rate(some) : "-",
        decay is > 0 and { } share ? share.ToString("0.######", CultureInfo.InvariantCulture) : "-", norms, Tables.Megabytes(memory.Weights), Tables.Megabytes(memory.Gradients),
        Tables.Megabytes(memory.OptimiserState), Tables.Megabytes(Of(memory, batch).Activations),
    ];

    private static void WriteJson(TextWriter output, Model model, FineTuneOptions options, IReadOnlyList<PhaseSummary> phases, long batch) => JsonOutput.Write(output, json =>
    {
        json.WriteString("model", model.Name);
        json.WriteString("strategy", options.Strategy.Name);
        json.WriteString("optimiser", options.Optimiser.Name);
        json.WriteNumber("batchSize", batch);
        json.WriteStartArray("phases");
        foreach (var (phase, summary) in phases)
        {
            json.WriteStartObject();
            json.WriteString("name", phase.Name);
            json.WriteNumber("epochs", phase.Epochs);
            json.WriteNumber("parameters", summary.Parameters);
            json.WriteNumber("trainable", summary.Trainable);
            WriteMemory(json, Of(summary.Memory, batch));
            json.WriteStartArray("stages");
            foreach (var group in summary.Groups)
            {
                json.WriteStartObject();
                json.WriteString("name", group.Name);
                json.WriteNumber("parameters", group.Parameters);
                json.WriteNumber("trainable", group.Trainable);
                json.WriteFigure("rate", group.Rate);
                json.WriteFigure("weightDecay", group.WeightDecay);
                json.WriteString("norms", group.Norms);
                WriteMemory(json, Of(group.Memory, batch));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static void WriteMemory(Utf8JsonWriter json, StepMemory memory)
    {
        json.WriteStartObject("memory");
        json.WriteNumber("weights", memory.Weights);
        json.WriteNumber("gradients", memory.Gradients);
        json.WriteNumber("optimiserState", memory.OptimiserState);
        json.WriteNumber("activations", memory.Activations);
        json.WriteNumber("total", memory.Total);
        json.WriteEndObject();
    }

    /// <summary>The memory of a step of a whole batch.</summary>
    private static StepMemory Of(StepMemory measured, long batch) => measured with { Activations = measured.Activations * batch / Measured };
}
