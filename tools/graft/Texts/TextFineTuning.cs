using System.CommandLine;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft fine-tune --task ...</c> of texts.</summary>
internal sealed class TextFineTuning
{
    private readonly ModelOptions model;
    private readonly DataOptions data;
    private readonly Option<bool> fromScratch;
    private readonly Option<string> target;
    private readonly RecipeOptions recipe;
    private readonly FoldOptions folds;
    private readonly RunLine run;
    private readonly DeviceOptions device;
    private readonly Option<bool> json;
    private readonly TextData columns;
    private readonly WordOptions words;
    private readonly ReportAfterwards worth;

    public TextFineTuning(
        Command command, ModelOptions model, DataOptions data, Option<bool> fromScratch, Option<string> target, RecipeOptions recipe, RunLine run, FoldOptions folds,
        DeviceOptions device, Option<bool> json, ReportAfterwards worth)
    {
        (this.model, this.data, this.fromScratch, this.target, this.recipe, this.run) = (model, data, fromScratch, target, recipe, run);
        (this.folds, this.device, this.json, this.worth) = (folds, device, json, worth);
        columns = new TextData(command, hasTargets: true);
        words = new WordOptions(command);
    }

    /// <summary>Refuses what is for texts alone.</summary>
    public void RequireNone(ParseResult parsed) => words.RequireNone(parsed);

    /// <summary>Which columns of a table hold what.</summary>
    public TextData Columns => columns;

    public int Run(string task, ParseResult parsed, CancellationToken interrupt)
    {
        bool isFromScratch = parsed.GetValue(fromScratch);
        string? vectors = words.File(task, model, isFromScratch, parsed);
        var options = recipe.ReadTexts(parsed, isFromScratch, vectors is null ? null : TextFineTuneOptions.ForWords);
        string file = data.Path(parsed), weights = vectors ?? model.TextFolder(parsed, interrupt);
        if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
        columns.RequireTargets(parsed, task is not (TextTasks.Translation or TextTasks.Summarisation) ? 0 : options.Validation is null ? 1 : 2);
        if (options.Validation is { } other && !File.Exists(other)) throw new WrongInputException($"--validation {Printable.Whole(other)}: there is no such file");
        var source = vectors is null
            ? TextSources.Open(task, weights, isFromScratch, options.Recipe.Seed, model.Load(parsed))
            : words.Open(vectors, columns.Labelled(file, parsed), options.Recipe.Seed, parsed);
        if (task != TextTasks.Classification) worth.RequireNone(parsed, task);
        worth.Prepare(parsed, isFromScratch || vectors is not null);
        using var where = device.Open(parsed);
        var error = parsed.InvocationConfiguration.Error;
        var kept = run.Read(parsed, parsed.GetRequiredValue(target), error.WriteLine);
        var (learner, examples, train) = Prepare(task, source, where.Device, file, options with { Recipe = options.Recipe with { Run = kept } }, parsed);
        StageNames.Require(learner.Model, options.Recipe);
        Require(learner, options);
        AdapterOption.RequireFitting(learner.Model, learner.Adapters, options.Recipe.Adapter);
        var place = OutputFolder.Prepare(parsed.GetRequiredValue(target), SavePlace.BytesOf(learner.Model));
        interrupt.ThrowIfCancellationRequested();

        if (source.Coverage is { } coverage) Notes.Tell(error, $"{weights}: {coverage}");
        if (learner.WeightsReport is { IsNoteworthy: true } load) error.WriteLine($"graft: {Printable.Text(Path.GetFileName(weights))}: {load.Summary}");
        CrossValidation? crossed = null;
        var report = ProgressDisplay.Show(error, display =>
        {
            crossed = folds.Run(parsed, display, (count, told) => task != TextTasks.Classification || vectors is not null
                ? throw new ArgumentException($"is for {TextTasks.Classification} of a model with weights or from scratch: leave it out")
                : CrossValidation.OfTexts(
                    () => TextClassifier.From(TextSources.Open(task, weights, isFromScratch, options.Recipe.Seed, model.Load(parsed)), where.Device),
                    columns.Labelled(file, parsed), options, count, told, interrupt));
            var progress = new TrainingProgress(display);
            return SavePlace.Learn(place, () => learner.Model, learner.Save, () => train(progress, interrupt), () => progress.Steps);
        });
        var (saved, problem) = report.Steps > 0 ? place.Save(learner.Save) : (null, null);
        if (!report.Interrupted && problem is null) run.Clear(parsed, kept);
        var made = report.Interrupted || task != TextTasks.Classification ? null : Worth(task, weights, file, options, where.Device, parsed, interrupt);

        return new LearnerRun(
            task, learner.Model, isFromScratch ? null : weights, file, learner.Labels, examples, report, saved, problem, options.Recipe.Seed, where.Device.Name)
        {
            Folds = crossed,
            Coverage = source.Coverage?.OccurrenceShare,
            Worth = made,
            Adaptation = options.Adaptation,
            Domains = saved is null || report.Interrupted ? null : Domains(learner, file, options, parsed, interrupt),
        }.Write(parsed, parsed.GetValue(json));
    }

    /// <summary>The learner of a task, how many examples it has, and what trains it.</summary>
    private (TextTask Learner, int Examples, Func<IProgress<FitProgress>, CancellationToken, FitReport> Train) Prepare(
        string task, TextModelSource source, Device where, string file, TextFineTuneOptions options, ParseResult parsed)
    {
        switch (task)
        {
            case TextTasks.Classification:
                var (labelled, heldOut) = Parts(path => columns.Labelled(path, parsed), file, options);
                if (labelled.Kind == TextLabelKind.SingleLabel && labelled.ClassNames.Count < 2)
                    throw new WrongInputException($"{Printable.Whole(file)} has the class {Printable.Whole(labelled.ClassNames[0])} alone: there is nothing to tell apart");
                var classifier = TextClassifier.From(source, where);
                options = columns.WithTarget(options, parsed);
                return (classifier, labelled.Count, (progress, interrupt) => classifier.FineTune(labelled, heldOut, options, progress, interrupt));
            case TextTasks.Tokens:
                var (tagged, heldTags) = Parts(TextData.Tagged, file, options);
                var tagger = TokenClassifier.From(source, where);
                return (tagger, tagged.Count, (progress, interrupt) => tagger.FineTune(tagged, heldTags, options, progress, interrupt));
            case TextTasks.Questions:
                var (questions, heldQuestions) = Parts(SquadFile.Read, file, options);
                var reader = QuestionAnswerer.From(source, where);
                return (reader, questions.Count, (progress, interrupt) => reader.FineTune(questions, heldQuestions, options, progress, interrupt));
            case TextTasks.Choices:
                var (choices, heldChoices) = Parts(path => columns.Choices(path, parsed), file, options);
                var answerer = MultipleChoiceAnswerer.From(source, where);
                return (answerer, choices.Count, (progress, interrupt) => answerer.FineTune(choices, heldChoices, options, progress, interrupt));
            case TextTasks.Ranking:
                var (pairs, heldPairs) = Parts(path => columns.Rated(path, parsed), file, options);
                TextRanker.Require(pairs);
                if (heldPairs is not null) TextRanker.Require(heldPairs);
                var ranker = TextRanker.From(source, where);
                return (ranker, pairs.Count, (progress, interrupt) => ranker.FineTune(pairs, heldPairs, options, progress, interrupt));
            case TextTasks.Language:
                var (texts, heldTexts) = Parts(path => (IReadOnlyList<string>)[.. columns.Texts(path, parsed).Select(static text => text.Text)], file, options);
                var language = LanguageModelPretraining.From(source, where);
                return (language, texts.Count, (progress, interrupt) => language.Train(texts, heldTexts, options, progress, interrupt));
            case TextTasks.ReplacedTokens:
                var (lines, heldLines) = Parts(path => (IReadOnlyList<string>)[.. columns.Texts(path, parsed).Select(static text => text.Text)], file, options);
                var detector = ReplacedTokenPretraining.From(source, where);
                return (detector, lines.Count, (progress, interrupt) => detector.Train(lines, heldLines, options, progress, interrupt));
            case TextTasks.Writing:
                var (written, heldWritten) = Parts(path => (IReadOnlyList<string>)[.. columns.Texts(path, parsed).Select(static text => text.Text)], file, options);
                var generator = TextGenerator.From(source, where);
                return (generator, written.Count, (progress, interrupt) => generator.FineTune(written, heldWritten, options, progress, interrupt));
            case TextTasks.Translation or TextTasks.Summarisation:
                var parallel = columns.Parallel(file, parsed);
                var heldParallel = options.Validation is { } other ? columns.Parallel(other, parsed, number: 1) : null;
                var writer = SequenceToSequence.From(source, where);
                return (writer, parallel.Count, (progress, interrupt) => writer.FineTune(parallel, heldParallel, options, progress, interrupt));
            default:
                var embedder = TextEmbedder.From(source, where);
                if (options.HeldOut > 0 || options.Validation is not null) throw new WrongInputException("--held-out and --validation: an embedder has nothing to evaluate on");
                if (columns.HasLabels(parsed))
                {
                    var similar = columns.Labelled(file, parsed);
                    return (embedder, similar.Count, (progress, interrupt) => embedder.FineTune(similar, options, progress, interrupt));
                }
                TextExample[] partners = [.. columns.Texts(file, parsed)];
                string[] alone = [.. partners.Where(static one => one.Pair is null).Select(static one => one.Text)];
                return (embedder, partners.Length, (progress, interrupt) => alone.Length > 0
                    ? embedder.FineTune(alone, options, progress, interrupt) : embedder.FineTune(partners, options, progress, interrupt));
        }
    }

    /// <summary>What the transfer was worth, on the same examples; null where nobody asked.</summary>
    private ReportMade? Worth(string task, string weights, string file, TextFineTuneOptions options, Device device, ParseResult parsed, CancellationToken interrupt)
    {
        var (training, test) = Parts(path => columns.Labelled(path, parsed), file, options);
        return worth.Texts(
            parsed, () => TextSources.Open(task, weights, isFromScratch: false, options.Recipe.Seed, model.Load(parsed)), training, test, options, device, interrupt);
    }

    /// <summary>What is known of the domain that a classifier was adapted to; null where it was to none.</summary>
    private DomainComparison? Domains(TextTask learner, string file, TextFineTuneOptions options, ParseResult parsed, CancellationToken interrupt)
    {
        if (learner is not TextClassifier classifier || columns.WithTarget(options, parsed).Adaptation is not { Method: not null, Texts: { } texts }) return null;
        var (training, held) = Parts(path => columns.Labelled(path, parsed), file, options);
        // the share that the training held out
        if (held is null && options.HeldOut > 0) (training, held) = training.Split(options.HeldOut, options.Recipe.Seed);
        return classifier.CompareDomains(training, held, texts, interrupt);
    }

    /// <summary>What is learnt from and what is evaluated on, where that is a file of its own.</summary>
    private static (TData Training, TData? Validation) Parts<TData>(Func<string, TData> open, string file, TextFineTuneOptions options) where TData : class =>
        (open(file), options.Validation is { } other ? open(other) : null);

    private static void Require(TextTask learner, TextFineTuneOptions options)
    {
        try
        {
            options.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
        try
        {
            learner.RequireLength(options);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"--max-length: {exception.Message}");
        }
    }
}
