using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft advise</c>: how well each stage of a model suits the data, what to freeze, and with time to spend, whether it does best.</summary>
internal sealed class AdviseCommand
{
    private const string Pictured = "image-classification";
    private const double HeldOutShare = 0.25;

    private readonly Option<string> task = Options.Choice("--task", "What is to be learnt.", [Pictured, TextTasks.Classification], Pictured);
    private readonly ModelOptions model;
    private readonly DataOptions data;
    private readonly TextData columns;
    private readonly DeviceOptions device;
    private readonly Option<int> minutes = Options.WholeNumber(
        "--minutes", "Minutes to try recipes in, by successive halving on a quarter of the data that is held out; none without it.", 1, null, 100_000);
    private readonly Option<int> examples = Options.WholeNumber("--examples", "The most examples that stages are measured on, as many of each class.", 10, 2000);
    private readonly Option<int> epochs = Options.WholeNumber("--epochs", "The most epochs of a recipe that is tried.", 1, 8, 10_000);
    private readonly Option<ulong> seed = Options.Seed();
    private readonly Option<bool> json = Options.Json();

    private AdviseCommand(Command command)
    {
        model = new ModelOptions(command, asArgument: true);
        command.Add(task);
        data = new DataOptions(command);
        foreach (var option in (Option[])[minutes, examples, epochs, seed]) command.Add(option);
        columns = new TextData(command);
        device = new DeviceOptions(command);
        command.Add(json);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
    }

    public static Command Make()
    {
        var command = new Command(
            "advise",
            "Measures in one pass how well each stage of a model suits pictures or texts of your own (LogME, H-score, a linear probe; LEEP of its head), proposes what to freeze "
            + "and how fast to learn, and prints the fine-tune line; with --minutes it tries recipes against each other first. " + Pictures.Rules);
        _ = new AdviseCommand(command);
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken interrupt)
    {
        var clock = Stopwatch.StartNew();
        using var where = device.Open(parsed);
        try
        {
            bool isPictured = parsed.GetValue(task) == Pictured;
            var subject = isPictured ? OfPictures(parsed, where, interrupt) : OfTexts(parsed, where, interrupt);
            int[] labels = [.. subject.Features.Examples.Select(subject.Label)];
            var scores = subject.Features.Stages.Select((stage, at) =>
                StageScore.Of(stage, new FeatureMatrix(subject.Features.Rows[at]), labels, parsed.GetValue(seed), interrupt)).ToList();
            double? leep = subject.Features.Probabilities is { } shares ? Leep.Of(new FeatureMatrix(shares), labels) : null;
            double? entropy = subject.Features.Probabilities is { } answers ? Leep.ConditionalEntropy([.. answers.Select(static row => Array.IndexOf(row, row.Max()))], labels) : null;
            var advice = FreezingAdvice.Of(scores, subject.Head, subject.Examples, labels.Distinct().Count());
            var preferred = new AdvisedRecipe(advice.Strategy, advice.FreezeBelow, 1, advice.RateDecayPerStage);
            HalvingReport<AdvisedRecipe>? halving = null;
            if (parsed.Find(minutes) is { } budget)
            {
                int most = parsed.GetValue(epochs);
                halving = ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display => SuccessiveHalving.Run(
                    AdvisedRecipe.Around(preferred, subject.Head), most, (recipe, length) =>
                    {
                        var found = subject.Train(recipe, length);
                        display.Line(string.Create(CultureInfo.InvariantCulture, $"{recipe}: {length} epochs, held out: accuracy {Tables.Percent(found.Accuracy)}"));
                        return found;
                    }, () => interrupt.IsCancellationRequested || clock.Elapsed.TotalMinutes >= budget));
            }
            if (interrupt.IsCancellationRequested) return ExitCode.Interrupted;
            var chosen = halving?.Chosen ?? preferred;
            string line = $"graft fine-tune{(isPictured ? "" : $" --task {TextTasks.Classification}")}{model.Line(parsed)} --data {Quoted(data.Path(parsed))}"
                + $"{chosen.Line(subject.BaseRate)} --out DIR";
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) JsonOutput.Write(output, writer => WriteJson(writer, scores, leep, entropy, advice, halving, chosen, line, clock.Elapsed.TotalSeconds));
            else WriteText(output, scores, leep, entropy, advice, halving, line);
            return ExitCode.Done;
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    private Subject OfPictures(ParseResult parsed, OpenDevice where, CancellationToken interrupt)
    {
        var choice = model.Choose(parsed);
        var pictures = data.Open(parsed, DataUse.Training);
        ulong draw = parsed.GetValue(seed);
        using var classifier = choice.Open(where.Device, draw, interrupt);
        Notes.Tell(parsed.InvocationConfiguration.Error, data.Path(parsed), pictures.Notes);
        int[] labels = [.. Enumerable.Range(0, pictures.Count).Select(pictures.Label)];
        var measured = StratifiedDraw.Each(labels, PerClass(parsed, labels), draw);
        var few = pictures.Without([.. Enumerable.Range(0, pictures.Count).Where(index => !measured.Contains(index))]);
        var features = ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display =>
        {
            var count = display.Count(few.Count, "picture");
            return classifier.StageFeatures(few, (_, problem) => display.Line($"graft: left out: {Shell.Line(problem.Message)}"), done => Times(done, count), interrupt);
        });
        var (training, held) = pictures.Split(HeldOutShare, draw);
        double rate = classifier.Resolve(training, new ImageFineTuneOptions()).Recipe.LearningRate ?? FineTuneOptions.UsualLearningRate;
        return new Subject(features, few.Label, classifier.Model.Stages[^1].Name, pictures.Count, rate, (recipe, length) =>
        {
            using var fresh = choice.Open(where.Device, draw, interrupt);
            var options = new ImageFineTuneOptions { Unreadable = static _ => { } };
            return Held(() => fresh.FineTune(training, held, options with { Recipe = recipe.On(options.Recipe, length, rate, draw) }, cancellation: interrupt));
        });
    }

    private Subject OfTexts(ParseResult parsed, OpenDevice where, CancellationToken interrupt)
    {
        string file = data.Path(parsed), folder = model.TextFolder(parsed, interrupt);
        if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
        ulong draw = parsed.GetValue(seed);
        var texts = columns.Labelled(file, parsed);
        if (texts.Kind != TextLabelKind.SingleLabel) throw new WrongInputException("--labels: stages are measured on texts of one class each");
        using var classifier = Open();
        int[] labels = [.. Enumerable.Range(0, texts.Count).Select(texts.Class)];
        var few = texts.OfEachClass(PerClass(parsed, labels), draw);
        var features = ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display =>
        {
            var count = display.Count(few.Count, "text");
            return classifier.StageFeatures(few, done => Times(done, count), interrupt);
        });
        var (training, held) = texts.Split(HeldOutShare, draw);
        double rate = classifier.Resolve(training, new TextFineTuneOptions()).Recipe.LearningRate ?? FineTuneOptions.UsualLearningRate;
        return new Subject(features, few.Class, classifier.Model.Stages[^1].Name, texts.Count, rate, (recipe, length) =>
        {
            using var fresh = Open();
            var options = new TextFineTuneOptions();
            return Held(() => fresh.FineTune(training, held, options with { Recipe = recipe.On(options.Recipe, length, rate, draw) }, cancellation: interrupt));
        });

        TextClassifier Open() => TextClassifier.From(TextSources.Open(TextTasks.Classification, folder, isFromScratch: false, draw, model.Load(parsed)), where.Device);
    }

    private int PerClass(ParseResult parsed, int[] labels) => Math.Max(2, parsed.GetValue(examples) / Math.Max(1, labels.Distinct().Count()));

    /// <summary>What a training came to on what was held out; nothing where it diverged.</summary>
    private static Evaluation Held(Func<FitReport> train)
    {
        try
        {
            if (train().Epochs is [.., { Validation: { } validation }]) return validation;
        }
        catch (NonFiniteException)
        {
            // a rate that is too high is a result too
        }
        return new Evaluation(0, 0, double.NaN);
    }

    private static void Times(int count, Action action)
    {
        for (int i = 0; i < count; i++) action();
    }

    private static string Quoted(string text) => ModelOptions.Quoted(text);

    private static void WriteText(
        TextWriter output, List<StageScore> scores, double? leep, double? entropy, FreezingAdvice advice, HalvingReport<AdvisedRecipe>? halving, string line)
    {
        Tables.Write(output, ["stage", "features", "LogME", "H-score", "linear probe"], scores.Select(static score => (IReadOnlyList<string>)
            [score.Stage, Tables.Count(score.Width), Number(score.LogMe), Number(score.HScore), Tables.Percent(score.Probe.Accuracy)]));
        if (leep is { } likelihood) output.WriteLine($"the head that it came with: LEEP {Number(likelihood)}, NCE {Number(entropy!.Value)}");
        output.WriteLine($"{advice.Reason}.");
        if (halving is not null)
        {
            Tables.Write(output, ["recipe", "epochs", "held-out accuracy", "held-out loss"], halving.Trials.Select(static trial => (IReadOnlyList<string>)
                [trial.Candidate.ToString(), Tables.Count(trial.Epochs), Tables.Percent(trial.Evaluation.Accuracy), Tables.Loss(trial.Evaluation.Loss)]));
            output.WriteLine($"{halving.Rounds} rounds were finished; chosen: {halving.Chosen}");
        }
        output.WriteLine(line);
    }

    private static void WriteJson(
        Utf8JsonWriter writer, List<StageScore> scores, double? leep, double? entropy, FreezingAdvice advice, HalvingReport<AdvisedRecipe>? halving, AdvisedRecipe chosen, string line,
        double seconds)
    {
        writer.WriteStartArray("stages");
        foreach (var score in scores)
        {
            writer.WriteStartObject();
            writer.WriteString("stage", score.Stage);
            writer.WriteNumber("features", score.Width);
            writer.WriteFigure("logMe", score.LogMe);
            writer.WriteFigure("hScore", score.HScore);
            writer.WriteFigure("probeAccuracy", score.Probe.Accuracy);
            writer.WriteFigure("probeLoss", score.Probe.Loss);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteFigure("leep", leep);
        writer.WriteFigure("nce", entropy);
        writer.WriteString("bestStage", advice.BestStage);
        writer.WriteString("reason", advice.Reason);
        writer.WriteString("strategy", chosen.Strategy.Name);
        writer.WriteString("freezeBelow", chosen.FreezeBelow);
        writer.WriteFigure("rateFactor", chosen.RateFactor);
        writer.WriteFigure("rateDecay", chosen.RateDecay);
        if (halving is not null)
        {
            writer.WriteNumber("rounds", halving.Rounds);
            writer.WriteStartArray("trials");
            foreach (var trial in halving.Trials)
            {
                writer.WriteStartObject();
                writer.WriteString("recipe", trial.Candidate.ToString());
                writer.WriteNumber("epochs", trial.Epochs);
                writer.WriteFigure("accuracy", trial.Evaluation.Accuracy);
                writer.WriteFigure("loss", trial.Evaluation.Loss);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteString("command", line);
        writer.WriteFigure("seconds", seconds);
    }

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private sealed record Subject(
        StageFeatures Features, Func<int, int> Label, string Head, int Examples, double BaseRate, Func<AdvisedRecipe, int, Evaluation> Train);
}
