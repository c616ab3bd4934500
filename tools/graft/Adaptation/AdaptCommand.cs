using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft adapt</c>: adapts a model to pictures of another kind, of which nobody says what they show, and saves it.</summary>
internal static class AdaptCommand
{
    private const string Method = "--method", Source = "--source", Target = "--target";

    public static Command Make()
    {
        var command = new Command(
            "adapt",
            $"Adapts a model to pictures of another kind, whose classes nobody says ({Target}), and saves it: while it learns the labels of others ({Source}), or, with "
            + $"{string.Join(" and ", DomainMethodKind.All.Where(static kind => !kind.NeedsSource).Select(static kind => kind.Name))}, from those pictures alone. "
            + "These methods hurt as often as they help, and what is printed of the target needs no labels: compare it with source-only. " + Pictures.Rules);
        var model = new ModelOptions(command);
        var data = new DataOptions(command, alias: Source);
        var folder = Options.FilePath("--out", "DIR", "The folder to save the classifier to.", required: true);
        command.Add(folder);
        var recipe = new RecipeOptions(command, isForPictures: true);
        recipe.Alias("--adapt", Method);
        var run = new RunLine(command);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        var beside = new ImageFineTuning(model, null, data, folder, recipe, run, null, device, json, null);
        var alone = new TargetAlone(model, data, folder, recipe, run, device, json);
        command.SetAction((parsed, interrupt) =>
        {
            var adaptation = recipe.Read(parsed, fromScratch: false).Adaptation;
            string[] names = [.. DomainMethodKind.All.Select(static kind => kind.Name)];
            if (adaptation.Method is not { } kind) throw new WrongInputException($"say how with {Method}: {string.Join(", ", names)}");
            if (adaptation.Target is null) throw new WrongInputException($"{kind} adapts to pictures of another kind: give their folder with {Target}");
            if (kind.NeedsSource != data.IsGiven(parsed))
                throw new WrongInputException(kind.NeedsSource
                    ? $"{kind} learns labels beside the target: give pictures that have some with {Source}"
                    : $"{kind} learns from the target alone: leave {Source} out");
            return Task.FromResult(kind.NeedsSource ? beside.Run(parsed, interrupt) : alone.Run(kind, parsed, interrupt));
        });
        return command;
    }

    /// <summary>A method that has the target alone.</summary>
    private sealed class TargetAlone(
        ModelOptions model, DataOptions data, Option<string> folder, RecipeOptions recipe, RunLine run, DeviceOptions device, Option<bool> json)
    {
        public int Run(DomainMethodKind kind, ParseResult parsed, CancellationToken interrupt)
        {
            var options = recipe.Read(parsed, fromScratch: false, ImageClassifier.TestTimeOptions);
            string path = options.Adaptation.Target!;
            var notes = new ListingNotes();
            var pictures = UnlabelledImages.Open(path, data.SplitOf(parsed), notes);
            using var where = device.Open(parsed);
            var choice = model.Choose(parsed);
            var classifier = choice.Open(where.Device, options.Recipe.Seed, interrupt);
            classifier.RequireTrainedHead();
            var output = OutputFolder.Prepare(parsed.GetRequiredValue(folder), SavePlace.BytesOf(classifier.Model), path);
            var error = parsed.InvocationConfiguration.Error;
            Notes.Tell(error, path, notes);
            var before = classifier.CompareDomains(null, null, pictures, interrupt);
            FitReport? report = kind == DomainMethodKind.AdaBn ? Measure(classifier, pictures, error, interrupt)
                : ProgressDisplay.Show(error, display => Learn(classifier, pictures, options, output, display, parsed, interrupt));
            bool isInterrupted = report?.Interrupted ?? false;
            var (saved, problem) = report is null || report.Steps > 0 ? output.Save(classifier.Save) : (null, null);
            var outcome = new AdaptationOutcome(kind, classifier, path, pictures.Count, before, classifier.CompareDomains(null, null, pictures, CancellationToken.None), report, saved);
            if (parsed.GetValue(json)) outcome.WriteJson(parsed.InvocationConfiguration.Output);
            else outcome.WriteText(parsed.InvocationConfiguration.Output);
            return SavePlace.Tell(error, problem, isInterrupted);
        }

        private static FitReport? Measure(ImageClassifier classifier, IImageDataset pictures, TextWriter error, CancellationToken interrupt)
        {
            classifier.AdaptStatistics(pictures, (_, problem) => error.WriteLine($"graft: left out: {Shell.Line(problem.Message)}"), interrupt);
            return null;
        }

        private FitReport Learn(
            ImageClassifier classifier, IImageDataset pictures, ImageFineTuneOptions options, OutputFolder output, ProgressDisplay display, ParseResult parsed, CancellationToken interrupt)
        {
            var kept = run.Read(parsed, output.Path, display.Line);
            var listening = options with
            {
                Unreadable = problem => display.Line($"graft: left out: {Shell.Line(problem.Message)}"),
                Recipe = options.Recipe with { Run = kept },
            };
            var progress = new TrainingProgress(display);
            var report = SavePlace.Learn(output, () => classifier.Model, classifier.Save, () => classifier.Adapt(pictures, listening, progress, interrupt), () => progress.Steps);
            if (!report.Interrupted) run.Clear(parsed, kept);
            return report;
        }
    }
}
