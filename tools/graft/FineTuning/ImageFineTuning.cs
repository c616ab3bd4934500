using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>A fine-tuning of pictures: what the command line asks for, its checks, and what is said of it.</summary>
/// <param name="model">What is fine-tuned.</param>
/// <param name="fromScratch">Whether it begins without weights.</param>
/// <param name="data">What it learns from.</param>
/// <param name="target">Where it is saved.</param>
/// <param name="recipe">How it learns.</param>
/// <param name="run">How the run is kept and watched.</param>
/// <param name="folds">Whether it is cross-validated first; null for a command that has no such option.</param>
/// <param name="device">Where it is computed.</param>
/// <param name="json">Whether one JSON object is printed.</param>
/// <param name="worth">Whether a report is made; null for a command that has no such option.</param>
internal sealed class ImageFineTuning(
    ModelOptions model, Option<bool>? fromScratch, DataOptions data, Option<string> target, RecipeOptions recipe, RunLine run, FoldOptions? folds, DeviceOptions device,
    Option<bool> json, ReportAfterwards? worth)
{
    /// <summary>Where another task is saved; null for a command that has no such option.</summary>
    public Option<string>? JointTarget { get; init; }

    public int Run(ParseResult parsed, CancellationToken interrupt)
    {
        bool isFromScratch = fromScratch is not null && parsed.GetValue(fromScratch);
        var options = recipe.Read(parsed, isFromScratch);
        var choice = model.Choose(parsed, isFromScratch, "give its file with --weights FILE, or --from-scratch to begin without");
        if (choice.Kind == ImageModelKind.Architecture) StageNames.Require(ModelRegistry.Create(choice.Name), options.Recipe);
        string pictures = data.Path(parsed);
        if (TextData.IsOne(pictures))
            throw new WrongInputException($"--data {Printable.Whole(pictures)} is a file of texts: say with --task what is learnt ({string.Join(", ", TextTasks.Names)})");
        var (training, validation) = Open(parsed, options);
        if (options.Earlier.Data is { } before) options = options with { Earlier = options.Earlier with { Pictures = LabelledImages.Open(before, DataUse.Training) } };
        if (options.Joint.Data is { } jointly) options = options with { Joint = options.Joint with { Pictures = LabelledImages.Open(jointly, DataUse.Training) } };

        using var where = device.Open(parsed);
        var classifier = choice.Open(where.Device, options.Recipe.Seed, interrupt);
        StageNames.Require(classifier.Model, options.Recipe);
        AdapterOption.RequireFitting(classifier.Model, classifier.Adapters, options.Recipe.Adapter);
        RequireCountable(training.Count, options);
        var own = ModelRegistry.FindPretrained(classifier.Model.Name)?.Preprocessing.Augmentation ?? classifier.Preprocessing.Augmentation;
        options = options with { Augmentation = recipe.Augmentation(parsed, own) ?? options.Augmentation ?? classifier.Preprocessing.Augmentation };
        classifier.Preprocessing = classifier.Preprocessing with { Augmentation = options.Augmentation };
        var folder = OutputFolder.Prepare(parsed.GetRequiredValue(target), SavePlace.BytesOf(classifier.Model), pictures, options.Validation, options.Earlier.Data, options.Joint.Data);
        var jointFolder = PrepareJoint(parsed, classifier, pictures, options);
        worth?.Prepare(parsed, isFromScratch, pictures, options.Validation);
        interrupt.ThrowIfCancellationRequested();

        var error = parsed.InvocationConfiguration.Error;
        bool isHeadKept = choice is { IsPublished: true, IsFromScratch: false } && !classifier.Model.IsHeadNew
            && classifier.ClassNames.Index().All(static name => name.Item == PretrainedInfo.Unnamed(name.Index)) && classifier.ClassNames.Count == training.ClassNames.Count;
        Notes.Tell(error, pictures, training.Notes, isHeadKept
            ? "the names of the weights' classes are not known, so the folder's were taken in order and the head is kept" : null);
        if (validation is not null && options.Validation is { } other) Notes.Tell(error, other, validation.Notes);
        if (options.Earlier is { Data: { } path, Pictures: { } earlier }) Notes.Tell(error, path, earlier.Notes);
        if (options.Joint is { Data: { } beside, Pictures: { } others }) Notes.Tell(error, beside, others.Notes);
        var unreadable = new List<(string Path, string Problem)>();
        CrossValidation? crossed = null;
        RunOptions? kept = null;
        var report = ProgressDisplay.Show(error, display =>
        {
            kept = run.Read(parsed, folder.Path, display.Line);
            var listening = options with { Unreadable = problem => Leave(problem, display) };
            training = Check(training, options.Recipe.Seed, everyClass: true, display);
            if (validation is not null) validation = Check(validation, null, everyClass: false, display);
            crossed = folds?.Run(parsed, display, (count, told) => CrossValidation.OfImages(
                () => Begin(choice, where.Device, options, interrupt), training, listening, count, told, interrupt));
            var progress = new TrainingProgress(display);
            listening = listening with { Recipe = options.Recipe with { Run = kept } };
            return SavePlace.Learn(
                folder, () => classifier.Model, classifier.Save, () => classifier.FineTune(training, validation, listening, progress, interrupt), () => progress.Steps,
                refusal => Hint(refusal, options.BatchSizeFor(training.Count)));
        });
        RequireFinite(classifier.Model);
        var (saved, problem) = report.Steps > 0 ? folder.Save(classifier.Save) : (null, null);
        (string? Saved, string? Problem) joint = saved is not null && classifier.Joint is { } another && jointFolder is not null ? jointFolder.Save(another.Save) : (null, null);
        problem ??= joint.Problem;
        if (!report.Interrupted && problem is null) run.Clear(parsed, kept!);

        var outcome = new FineTuneOutcome(choice, classifier, pictures, training, unreadable, report, saved, where.Device.Name, options)
        {
            JointSavedTo = joint.Saved,
            Folds = crossed,
            Domains = saved is not null && !report.Interrupted && options.Adaptation is { Method: not null, Target: { } domain }
                ? classifier.CompareDomains(training, validation, UnlabelledImages.Open(domain), interrupt) : null,
            Worth = report.Interrupted ? null : worth?.Pictures(parsed, choice, training, validation, options, where.Device, interrupt),
        };
        if (parsed.GetValue(json)) outcome.WriteJson(parsed.InvocationConfiguration.Output);
        else outcome.WriteText(parsed.InvocationConfiguration.Output);
        int code = SavePlace.Tell(error, problem, report.Interrupted);
        if (!report.Interrupted) return code;
        error.WriteLine(saved is not null
            ? $"graft: interrupted; what was learnt in {Tables.Count(report.Steps)} steps is saved in {Printable.Whole(saved)}, and --resume goes on with it"
            : "graft: interrupted before the first step; nothing was saved");
        return code;

        LabelledImages Check(LabelledImages images, ulong? trainingSeed, bool everyClass, ProgressDisplay display)
        {
            var bad = classifier.Check(images, trainingSeed, display.Count(images.Count, "checking picture"), interrupt);
            var rest = images.Without(bad, everyClass);
            foreach (var (index, exception) in bad) Leave(exception, display, images.Name(index));
            return rest;
        }

        void Leave(ImageException exception, ProgressDisplay display, string name = "")
        {
            unreadable.Add((name, Shell.Line(exception.Message)));
            display.Line($"graft: left out: {unreadable[^1].Problem}");
        }
    }

    /// <summary>The folder that another task is saved to; null where none is asked for.</summary>
    private OutputFolder? PrepareJoint(ParseResult parsed, ImageClassifier classifier, string pictures, ImageFineTuneOptions options)
    {
        if (JointTarget is null || parsed.GetValue(JointTarget) is not { } path) return null;
        if (options.Joint.Data is null) throw new WrongInputException($"{JointTarget.Name} goes with --jointly: name the pictures of the other task, or leave it out");
        if (Path.GetFullPath(path) == Path.GetFullPath(parsed.GetRequiredValue(target))) throw new WrongInputException($"{JointTarget.Name} and --out are one folder: give each its own");
        return OutputFolder.Prepare(JointTarget.Name, path, SavePlace.BytesOf(classifier.Model), pictures, options.Validation, options.Earlier.Data, options.Joint.Data);
    }

    private static ImageClassifier Begin(ModelChoice choice, Graft.Tensors.Device device, ImageFineTuneOptions options, CancellationToken interrupt)
    {
        var classifier = choice.Open(device, options.Recipe.Seed, interrupt);
        classifier.Preprocessing = classifier.Preprocessing with { Augmentation = options.Augmentation! };
        return classifier;
    }

    private (LabelledImages Training, LabelledImages? Validation) Open(ParseResult parsed, ImageFineTuneOptions options)
    {
        var (training, validation) = LabelledImages.OpenForTraining(data.Path(parsed), options, data.SplitOf(parsed), data.ClassNames(parsed));
        if (training.ClassNames.Count < 2)
            throw new WrongInputException(
                $"{Printable.Whole(training.Root)} has the class {Printable.Whole(training.ClassNames[0])} alone: there is nothing to tell apart");
        if (validation?.Count == 0) throw new WrongInputException("--held-out has nothing to keep: each class has one picture");
        return (training, validation);
    }

    /// <summary>Steps are counted in 32 bits.</summary>
    private static void RequireCountable(int examples, ImageFineTuneOptions options)
    {
        long epochs = (options.Recipe.Epochs ?? FineTuneOptions.UsualEpochs) + (long)(options.Recipe.FrozenEpochs ?? 1), batches = examples / options.BatchSizeFor(examples) + 1L;
        if (epochs > int.MaxValue / batches)
            throw new WrongInputException($"{Tables.Count(epochs)} epochs of {Tables.Count(batches)} steps are more than can be counted: ask for fewer epochs");
    }

    /// <summary>What to do about what the model itself refuses in the first step: a batch of one value for a batch norm.</summary>
    private static string? Hint(string refusal, int batchSize) => !refusal.StartsWith("batch_norm", StringComparison.Ordinal) ? null
        : $"; a step has up to {Tables.Count(batchSize)} pictures: give more with --batch-size, or keep the statistics of the weights with --batch-norm always-running-statistics";

    private static void RequireFinite(Model model)
    {
        if (!SavePlace.IsFinite(model)) throw new WorkFailedException("training ended with weights or statistics that are not finite, so nothing was saved: lower the learning rate");
    }
}
