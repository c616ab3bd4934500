using System.CommandLine;
using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft fine-tune</c>: adapts a model to a folder of pictures and saves it.</summary>
internal sealed class FineTuneCommand
{
    private readonly ModelOptions model;
    private readonly Option<bool> fromScratch = new("--from-scratch") { Description = "Begin without weights, for a comparison or where there is data enough." };
    private readonly Option<string> data = Options.FilePath("--data", "DIR", "The pictures, a sub-folder a class.", required: true);
    private readonly Option<string> target = Options.FilePath("--out", "DIR", "The folder to save the classifier to.", required: true);
    private readonly RecipeOptions recipe;
    private readonly DeviceOptions device;
    private readonly Option<bool> json = Options.Json();

    private FineTuneCommand(Command command)
    {
        model = new ModelOptions(command);
        command.Add(fromScratch);
        command.Add(data);
        command.Add(target);
        recipe = new RecipeOptions(command);
        device = new DeviceOptions(command);
        command.Add(json);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
    }

    public static Command Make()
    {
        var command = new Command("fine-tune", "Adapts a model to a folder of pictures, a sub-folder a class, and saves it. Ctrl-C saves what was learnt until then.");
        _ = new FineTuneCommand(command);
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken interrupt)
    {
        var options = recipe.Read(parsed, parsed.GetValue(fromScratch));
        var choice = model.Choose(parsed, parsed.GetValue(fromScratch), "give its file with --weights FILE, or --from-scratch to begin without");
        if (choice.IsPublished) RequireStage(ModelRegistry.Create(choice.Name), options);
        string pictures = parsed.GetRequiredValue(data);
        var (training, validation) = Open(pictures, options);

        using var where = device.Open(parsed);
        var classifier = choice.Open(where.Device, options.Recipe.Seed);
        RequireStage(classifier.Model, options);
        RequireCountable(training.Count, options);
        using var folder = OutputFolder.Prepare(parsed.GetRequiredValue(target), pictures, options.Validation);
        interrupt.ThrowIfCancellationRequested();

        var error = parsed.InvocationConfiguration.Error;
        var report = ProgressDisplay.Show(error, display =>
        {
            Check(training, validation, classifier, where.Device, options, display, interrupt);
            return Train(classifier, pictures, options, folder.Path, new TrainingProgress(display), interrupt);
        });
        RequireFinite(classifier.Model);
        bool saved = report.Steps > 0;
        if (saved) classifier.Save(folder.Path);

        var outcome = new FineTuneOutcome(choice, classifier, pictures, training.Count, report, saved ? folder.Path : null, where.Device.Name, options);
        if (parsed.GetValue(json)) outcome.WriteJson(parsed.InvocationConfiguration.Output);
        else outcome.WriteText(parsed.InvocationConfiguration.Output);
        if (!report.Interrupted) return ExitCode.Done;
        error.WriteLine(saved
            ? $"graft: interrupted; what was learnt in {Tables.Count(report.Steps)} steps is saved in {Printable.Text(folder.Path)}"
            : "graft: interrupted before the first step; nothing was saved");
        return ExitCode.Interrupted;
    }

    private static (ImageFolder Training, ImageFolder? Validation) Open(string folder, ImageFineTuneOptions options)
    {
        var pictures = ImageFolder.Open(folder);
        if (pictures.ClassNames.Count < 2)
            throw new WrongInputException($"{Printable.Text(folder)} has the class {Printable.Text(pictures.ClassNames[0])} alone: there is nothing to tell apart");
        if (options.Validation is { } other) return (pictures, ImageFolder.Open(other).WithClasses(pictures.ClassNames));
        if (options.HeldOut == 0) return (pictures, null);
        var (training, held) = pictures.Split(options.HeldOut, options.Recipe.Seed);
        if (held.Count == 0) throw new WrongInputException("--held-out has nothing to keep: each class has one picture");
        return (training, held);
    }

    private static void RequireStage(Model model, ImageFineTuneOptions options)
    {
        if (options.Recipe.FreezeBelow is { } stage && model.Stages.All(known => known.Name != stage))
            throw new WrongInputException(
                $"--freeze-below {Printable.Text(stage)}: {model.Name} has no such stage; from stem to head it has {string.Join(", ", model.Stages.Select(known => known.Name))}");
    }

    /// <summary>Steps are counted in 32 bits.</summary>
    private static void RequireCountable(int examples, ImageFineTuneOptions options)
    {
        long epochs = (long)options.Recipe.Epochs + (options.Recipe.FrozenEpochs ?? 1), batches = examples / options.BatchSize + 1L;
        if (epochs > int.MaxValue / batches)
            throw new WrongInputException($"{Tables.Count(epochs)} epochs of {Tables.Count(batches)} steps are more than can be counted: ask for fewer epochs");
    }

    private static void Check(
        ImageFolder training, ImageFolder? validation, ImageClassifier classifier, Device device, ImageFineTuneOptions options, ProgressDisplay display,
        CancellationToken interrupt)
    {
        int threads = device is CpuDevice cpu ? cpu.Threads : Environment.ProcessorCount;
        PictureCheck.Run(training, new ImageTransforms(classifier.Preprocessing, options.Recipe.Seed), threads, display, interrupt);
        if (validation is not null) PictureCheck.Run(validation, new ImageTransforms(classifier.Preprocessing), threads, display, interrupt);
    }

    /// <summary>Trains; where that fails on the way, what was learnt before is saved and the failure says so.</summary>
    private static FitReport Train(
        ImageClassifier classifier, string pictures, ImageFineTuneOptions options, string folder, TrainingProgress progress, CancellationToken interrupt)
    {
        try
        {
            return classifier.FineTune(pictures, options, progress, interrupt);
        }
        catch (Exception exception) when (exception is NonFiniteException or IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            string kept = "nothing was saved";
            if (progress.Steps > 0 && IsFinite(classifier.Model))
            {
                classifier.Save(folder);
                kept = $"what was learnt in {Tables.Count(progress.Steps)} steps before is saved in {Printable.Text(folder)}";
            }
            throw new WorkFailedException($"{Program.Line(exception.Message)}; {kept}", exception);
        }
    }

    private static void RequireFinite(Model model)
    {
        if (!IsFinite(model)) throw new WorkFailedException("training ended with weights or statistics that are not finite, so nothing was saved: lower the learning rate");
    }

    private static bool IsFinite(Model model) =>
        model.Tensors().All(tensor => !tensor.Value.ToArray().AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue));
}
