using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft find-rate</c>: the learning rates that a training with rising ones suggests.</summary>
internal sealed class FindRateCommand
{
    private const string Pictured = "image-classification";

    private readonly Option<string> task = Options.Choice("--task", "What is learnt.", [Pictured, TextTasks.Classification], Pictured);
    private readonly ModelOptions model;
    private readonly DataOptions data;
    private readonly RecipeOptions recipe;
    private readonly TextData columns;
    private readonly DeviceOptions device;
    private readonly Option<bool> json = Options.Json();
    private readonly Option<string?> phase = new("--phase")
    {
        Description = "The phase of the strategy that is tried: head, all ...; the first where it is not given.",
        HelpName = "NAME",
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<int> steps = Options.WholeNumber("--steps", "How many steps there are at most.", 10, new RateFinder().Steps, 100_000);
    private readonly Option<double> lowest = Rate("--lowest", "The rate of the first step.", new RateFinder().Lowest);
    private readonly Option<double> highest = Rate("--highest", "The rate of the last step.", new RateFinder().Highest);
    private readonly Option<string> plot = Options.FilePath("--plot", "FILE.png|FILE.svg", "A picture of the losses to write; without an ending both kinds.");

    private FindRateCommand(Command command)
    {
        command.Add(task);
        model = new ModelOptions(command);
        data = new DataOptions(command);
        foreach (var option in (Option[])[phase, steps, lowest, highest, plot]) command.Add(option);
        recipe = new RecipeOptions(command);
        columns = new TextData(command);
        device = new DeviceOptions(command);
        command.Add(json);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
    }

    public static Command Make()
    {
        var command = new Command(
            "find-rate",
            "Trains with rates that rise from step to step until the loss diverges, and prints those that the curve suggests for fine-tune's --learning-rate. "
            + "Nothing is changed: neither the model's files nor anything beside them but the plot. " + Pictures.Rules);
        _ = new FindRateCommand(command);
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken interrupt)
    {
        var finder = new RateFinder { Steps = parsed.GetValue(steps), Lowest = parsed.GetValue(lowest), Highest = parsed.GetValue(highest) };
        if (finder.Highest <= finder.Lowest) throw new WrongInputException("--highest has to be above --lowest");
        var files = parsed.GetValue(plot) is { } path ? RatePlot.Files(path) : [];
        foreach (string file in files)
            if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))) throw new WrongInputException($"--plot {Printable.Whole(file)}: its folder is not there: make it first");
        var clock = Stopwatch.StartNew();
        using var where = device.Open(parsed);
        RateSearch found;
        try
        {
            found = parsed.GetValue(task) == Pictured ? OfPictures(parsed, finder, where, interrupt) : OfTexts(parsed, finder, where, interrupt);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
        if (interrupt.IsCancellationRequested) return ExitCode.Interrupted;
        if (!found.Curve.HasSuggestions)
            throw new WorkFailedException($"the loss diverged after {found.Curve.Rates.Count} steps, too few to suggest a rate: begin lower (--lowest) or give more --steps");
        foreach (string file in files) new RatePlot(found.Curve).Write(file);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(json)) JsonOutput.Write(output, writer => Write(writer, found, files, clock.Elapsed.TotalSeconds));
        else Write(output, found, files, clock.Elapsed.TotalSeconds);
        return ExitCode.Done;
    }

    private RateSearch OfPictures(ParseResult parsed, RateFinder finder, OpenDevice where, CancellationToken interrupt)
    {
        var options = recipe.Read(parsed, fromScratch: false);
        finder = finder with { Seed = options.Recipe.Seed };
        var choice = model.Choose(parsed);
        var pictures = data.Open(parsed, DataUse.Training);
        using var classifier = choice.Open(where.Device, options.Recipe.Seed, interrupt);
        StageNames.Require(classifier.Model, options.Recipe);
        var own = ModelRegistry.FindPretrained(classifier.Model.Name)?.Preprocessing.Augmentation ?? classifier.Preprocessing.Augmentation;
        options = options with { Augmentation = recipe.Augmentation(parsed, own) ?? options.Augmentation };
        Notes.Tell(parsed.InvocationConfiguration.Error, data.Path(parsed), pictures.Notes);
        return Search(parsed, progress => classifier.FindRate(pictures, options, finder, parsed.GetValue(phase), progress, interrupt));
    }

    private RateSearch OfTexts(ParseResult parsed, RateFinder finder, OpenDevice where, CancellationToken interrupt)
    {
        var options = recipe.ReadTexts(parsed, fromScratch: false);
        finder = finder with { Seed = options.Recipe.Seed };
        string file = data.Path(parsed);
        if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
        var source = TextSources.Open(TextTasks.Classification, model.TextFolder(parsed, interrupt), isFromScratch: false, options.Recipe.Seed, model.Load(parsed));
        using var classifier = TextClassifier.From(source, where.Device);
        StageNames.Require(classifier.Model, options.Recipe);
        var texts = columns.Labelled(file, parsed);
        return Search(parsed, progress => classifier.FindRate(texts, options, finder, parsed.GetValue(phase), progress, interrupt));
    }

    private static RateSearch Search(ParseResult parsed, Func<IProgress<FitProgress>, RateSearch> search) =>
        ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display => search(new SearchProgress(display)));

    private static void Write(Utf8JsonWriter writer, RateSearch found, IReadOnlyList<string> files, double seconds)
    {
        writer.WriteString("phase", found.Phase);
        writer.WriteString("learningFrom", found.LearningFrom);
        writer.WriteNumber("rateFactor", found.RateFactor);
        writer.WriteNumber("steps", found.Curve.Rates.Count);
        writer.WriteNumber("learningRate", found.LearningRate);
        writer.WriteStartObject("suggestions");
        foreach (var (name, rate) in RatePlot.Suggestions(found.Curve)) writer.WriteNumber(name, rate / found.RateFactor);
        writer.WriteEndObject();
        foreach (var (name, values) in ((string, IReadOnlyList<double>)[])[("rates", found.Curve.Rates), ("losses", found.Curve.Losses)])
        {
            writer.WriteStartArray(name);
            foreach (double value in values) writer.WriteNumberValue(value);
            writer.WriteEndArray();
        }
        writer.WriteTexts("plots", files);
        writer.WriteFigure("seconds", seconds);
    }

    private static void Write(TextWriter output, RateSearch found, IReadOnlyList<string> files, double seconds)
    {
        Tables.Write(output, ["suggestion", "--learning-rate", "what it is"], RatePlot.Suggestions(found.Curve).Select(row => (IReadOnlyList<string>)
        [
            row.Name, Tables.Rate(row.Rate / found.RateFactor), row.Name switch
            {
                "valley" => "two thirds down the longest fall: what to begin with",
                "slide" => "the last rate before the slope changes",
                "steepest" => "where the loss falls fastest",
                _ => "a tenth of the rate with the least loss",
            },
        ]));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{found.Curve.Rates.Count} steps of the phase '{found.Phase}' (from {found.LearningFrom} up), {Tables.Seconds(seconds)}"));
        foreach (string file in files) output.WriteLine($"plot: {Printable.Whole(file)}");
    }

    private static Option<double> Rate(string name, string description, double preset)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "R", Arity = ArgumentArity.ExactlyOne, DefaultValueFactory = _ => preset };
        option.CustomParser = result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && double.IsFinite(value)) return value;
            result.AddError($"{name} is a number above 0, not '{Printable.Whole(given)}'");
            return preset;
        };
        return option;
    }

    private sealed class SearchProgress(ProgressDisplay display) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => display.At(
            value.Step, value.Steps, string.Create(CultureInfo.InvariantCulture, $"step {value.Step}, loss {Tables.Loss(value.Loss)}, rate {Tables.Rate(value.Rate)}"), value.Remaining);
    }
}
