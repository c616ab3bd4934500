using System.CommandLine;
using System.Text.Json;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>--report</c> of <c>graft fine-tune</c>: what the transfer was worth, with the recipe, examples and seed of the training.</summary>
internal sealed class ReportAfterwards
{
    private const string Name = "--report";

    private readonly Option<string?> folder = new(Name)
    {
        Description = "Also compare what was learnt with other ways, from scratch among them, and write report.html and report.json to this folder (graft report). "
            + "Takes several times as long as the training.",
        HelpName = "DIR",
        Arity = ArgumentArity.ExactlyOne,
    };
    private readonly Option<int> seeds = Options.WholeNumber(
        "--report-seeds", "Runs of each arm of the report.", 1, new TransferComparisonOptions().Seeds, most: 100);

    public ReportAfterwards(Command command)
    {
        command.Add(folder);
        command.Add(seeds);
    }

    /// <summary>Refuses a report that cannot be made or written, before any work begins.</summary>
    /// <exception cref="WrongInputException">It cannot.</exception>
    public void Prepare(ParseResult parsed, bool isFromScratch, params IEnumerable<string?> examples)
    {
        if (parsed.GetValue(folder) is not { } path) return;
        if (isFromScratch) throw new WrongInputException($"{Name} says what published weights are worth: leave it out with --from-scratch");
        OutputFolder.Prepare(Name, path, ReportCommand.BytesOfReport, examples);
    }

    /// <summary>The report on pictures; null where none is wanted.</summary>
    public ReportMade? Pictures(
        ParseResult parsed, ModelChoice choice, LabelledImages training, LabelledImages? test, ImageFineTuneOptions options, Device device, CancellationToken interrupt) =>
        Make(parsed, comparison => ReportRun.Pictures(
            choice.Open(options.Recipe.Seed, interrupt), training, test, options, comparison, null, device, parsed.InvocationConfiguration.Error, interrupt), interrupt);

    /// <summary>The report on texts; null where none is wanted.</summary>
    public ReportMade? Texts(
        ParseResult parsed, Func<TextModelSource> open, LabelledTexts training, LabelledTexts? test, TextFineTuneOptions options, Device device, CancellationToken interrupt) =>
        Make(parsed, comparison => ReportRun.Texts(open(), training, test, options, comparison, null, device, parsed.InvocationConfiguration.Error, interrupt), interrupt);

    /// <summary>Refuses a report on another task than classification.</summary>
    /// <exception cref="WrongInputException">One is wanted.</exception>
    public void RequireNone(ParseResult parsed, string task)
    {
        if (parsed.GetValue(folder) is not null) throw new WrongInputException($"{Name} is for classes of pictures or texts: leave it out with --task {task}");
    }

    private ReportMade? Make(ParseResult parsed, Func<TransferComparisonOptions, TransferReport> run, CancellationToken interrupt)
    {
        if (parsed.GetValue(folder) is not { } path || interrupt.IsCancellationRequested) return null;
        var report = run(new TransferComparisonOptions { Seeds = parsed.GetValue(seeds) });
        ReportCommand.Save(report, path);
        return new ReportMade(report, path);
    }
}

/// <summary>A report and where it is.</summary>
internal sealed record ReportMade(TransferReport Report, string Folder)
{
    public void WriteText(TextWriter output) => ReportRun.Tell(output, Report, Folder);

    /// <summary>As the member "report" of the object that is being written.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject("report");
        ReportRun.Write(json, Report, Folder);
        json.WriteEndObject();
    }
}
