using System.CommandLine;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.CommandLine;

/// <summary><c>graft report</c>: whether published weights are worth it for a task, as a page and as JSON.</summary>
internal sealed class ReportCommand
{
    /// <summary>About how much a report takes.</summary>
    public const long BytesOfReport = 4 << 20;

    private readonly ModelOptions model;
    private readonly DataOptions data;
    private readonly Option<string?> test = Path("--test", "What is tested on; without it a quarter of the examples, or what --held-out says, is kept for it.");
    private readonly Option<string?> sourceTest = Path(
        "--source-data", "Examples of the task that the weights were trained for, with its classes, to count what is forgotten of it.");
    private readonly Option<string> target = Options.FilePath("--out", "DIR", "The folder of the report: report.html and report.json.", required: true);
    private readonly ReportOptions comparison;
    private readonly RecipeOptions recipe;
    private readonly DeviceOptions device;
    private readonly Option<bool> json = Options.Json();
    private readonly TextData columns;

    private ReportCommand(Command command)
    {
        model = new ModelOptions(command);
        data = new DataOptions(command);
        command.Add(test);
        command.Add(sourceTest);
        command.Add(target);
        comparison = new ReportOptions(command);
        recipe = new RecipeOptions(command);
        device = new DeviceOptions(command);
        command.Add(json);
        columns = new TextData(command);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
    }

    public static Command Make()
    {
        var command = new Command(
            "report",
            "Says whether published weights are worth it for pictures or texts of your own: learns them from scratch, by a linear probe, by the recipe and by plain fine-tuning, "
            + "with the same head, order and seeds, and writes one page with what came of it. A file of texts is learnt as such.");
        _ = new ReportCommand(command);
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken interrupt)
    {
        string examples = data.Path(parsed), folder = parsed.GetRequiredValue(target);
        var options = comparison.Read(parsed);
        using var where = device.Open(parsed);
        var report = TextData.IsOne(examples) ? Texts(examples, folder, options, where.Device, parsed, interrupt) : Pictures(examples, folder, options, where.Device, parsed, interrupt);
        Save(report, folder);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(json)) JsonOutput.Write(output, writer => ReportRun.Write(writer, report, folder));
        else ReportRun.Tell(output, report, folder);
        return ExitCode.Done;
    }

    private TransferReport Pictures(string examples, string folder, TransferComparisonOptions options, Device where, ParseResult parsed, CancellationToken interrupt)
    {
        var how = recipe.Read(parsed, fromScratch: false);
        var choice = model.Choose(parsed);
        string? tested = parsed.GetValue(test) ?? how.Validation;
        var training = data.Open(parsed, DataUse.Training);
        var others = tested is null ? null : LabelledImages.Open(tested, DataUse.Evaluation, classNames: LabelledData.IsArchive(tested) ? data.ClassNames(parsed) : null);
        var old = parsed.GetValue(sourceTest) is { } of ? LabelledImages.Open(of, DataUse.Evaluation) : null;
        OutputFolder.Prepare(folder, BytesOfReport, examples, tested);
        var source = choice.Open(how.Recipe.Seed, interrupt);
        var own = ModelRegistry.FindPretrained(choice.Name)?.Preprocessing.Augmentation;
        if (own is not null) how = how with { Augmentation = recipe.Augmentation(parsed, own) ?? how.Augmentation };
        var error = parsed.InvocationConfiguration.Error;
        Notes.Tell(error, examples, training.Notes);
        return ReportRun.Pictures(source, training, others, how, options, old, where, error, interrupt);
    }

    private TransferReport Texts(string examples, string folder, TransferComparisonOptions options, Device where, ParseResult parsed, CancellationToken interrupt)
    {
        var how = columns.WithTarget(recipe.ReadTexts(parsed, fromScratch: false), parsed);
        string weights = model.TextFolder(parsed, interrupt);
        string? tested = parsed.GetValue(test) ?? how.Validation;
        foreach (string? file in new[] { tested, parsed.GetValue(sourceTest) })
            if (file is not null && !File.Exists(file)) throw new WrongInputException($"{Printable.Whole(file)}: there is no such file");
        var training = columns.Labelled(examples, parsed);
        var others = tested is null ? null : columns.Labelled(tested, parsed);
        var old = parsed.GetValue(sourceTest) is { } of ? columns.Labelled(of, parsed) : null;
        OutputFolder.Prepare(folder, BytesOfReport);
        var source = TextSources.Open(TextTasks.Classification, weights, isFromScratch: false, how.Recipe.Seed, model.Load(parsed));
        return ReportRun.Texts(source, training, others, how, options, old, where, parsed.InvocationConfiguration.Error, interrupt);
    }

    /// <exception cref="WorkFailedException">The folder cannot be written.</exception>
    public static void Save(TransferReport report, string folder)
    {
        try
        {
            TransferReportFiles.Write(report, folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkFailedException($"the report could not be written to {Printable.Whole(folder)}: {Shell.Line(exception.Message)}", exception);
        }
    }

    private static Option<string?> Path(string name, string description) => new(name) { Description = description, HelpName = "DIR|FILE", Arity = ArgumentArity.ExactlyOne };
}
