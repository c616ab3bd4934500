using System.CommandLine;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft fine-tune --task ...</c> of sounds.</summary>
internal sealed class SpeechFineTuning(
    ModelOptions model, DataOptions data, Option<bool> fromScratch, Option<string> target, RecipeOptions recipe, RunLine run, FoldOptions folds, DeviceOptions device,
    Option<bool> json, ReportAfterwards worth, TextFineTuning texts)
{
    public int Run(string task, ParseResult parsed, CancellationToken interrupt)
    {
        texts.RequireNone(parsed);
        worth.RequireNone(parsed, task);
        folds.RequireNone(parsed, task);
        bool isFromScratch = parsed.GetValue(fromScratch);
        var options = recipe.ReadSounds(parsed);
        string path = data.Path(parsed), weights = model.SpeechFolder(parsed, interrupt);
        var source = Open(task, weights, isFromScratch, options.Recipe.Seed, model.Load(parsed));
        using var where = device.Open(parsed);
        var error = parsed.InvocationConfiguration.Error;
        var kept = run.Read(parsed, parsed.GetRequiredValue(target), error.WriteLine);
        var (learner, examples, train) = Prepare(task, source, where.Device, path, options with { Recipe = options.Recipe with { Run = kept } }, parsed);
        StageNames.Require(learner.Model, options.Recipe);
        AdapterOption.RequireFitting(learner.Model, learner.Adapters, options.Recipe.Adapter);
        var place = OutputFolder.Prepare(parsed.GetRequiredValue(target), SavePlace.BytesOf(learner.Model), Directory.Exists(path) ? path : null, options.Validation);
        interrupt.ThrowIfCancellationRequested();

        if (learner.WeightsReport is { IsNoteworthy: true } load) error.WriteLine($"graft: {Printable.Text(Path.GetFileName(weights))}: {load.Summary}");
        var report = ProgressDisplay.Show(error, display =>
        {
            var progress = new TrainingProgress(display);
            return SavePlace.Learn(place, () => learner.Model, learner.Save, () => train(progress, interrupt), () => progress.Steps);
        });
        var (saved, problem) = report.Steps > 0 ? place.Save(learner.Save) : (null, null);
        if (!report.Interrupted && problem is null) run.Clear(parsed, kept);
        return new LearnerRun(
            task, learner.Model, isFromScratch ? null : weights, path, learner.Labels, examples, report, saved, problem, options.Recipe.Seed, where.Device.Name)
            .Write(parsed, parsed.GetValue(json));
    }

    private static SpeechModelSource Open(string task, string folder, bool isFromScratch, ulong seed, LoadOptions load)
    {
        try
        {
            return SpeechTasks.Open(task, folder, isFromScratch, seed, load);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"--model {Printable.Whole(folder)}: {Shell.Line(exception.Message)}");
        }
    }

    /// <summary>The learner of a task, how many examples it has, and what trains it.</summary>
    private (SpeechTask Learner, int Examples, Func<IProgress<FitProgress>, CancellationToken, FitReport> Train) Prepare(
        string task, SpeechModelSource source, Device where, string path, SpeechFineTuneOptions options, ParseResult parsed)
    {
        try
        {
            if (task == SpeechTasks.Classification)
            {
                var labelled = LabelledSounds.Open(path);
                var heldOut = options.Validation is { } other ? LabelledSounds.Open(other) : null;
                var classifier = AudioClassifier.From(source, where);
                return (classifier, labelled.Count, (progress, interrupt) => classifier.FineTune(labelled, heldOut, options, progress, interrupt));
            }
            var said = texts.Columns.Transcribed(path, parsed);
            var heldSaid = options.Validation is { } another ? texts.Columns.Transcribed(another, parsed) : null;
            var recognizer = SpeechRecognizer.From(source, where);
            return (recognizer, said.Count, (progress, interrupt) => recognizer.FineTune(said, heldSaid, options, progress, interrupt));
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }
}
