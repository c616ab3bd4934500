using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft pretrain</c>: a trunk learns from pictures without labels, and is saved as weights to fine-tune.</summary>
internal static class PretrainCommand
{
    public static Command Make()
    {
        var command = new Command(
            "pretrain",
            "Has a trunk learn from pictures without labels, by comparing views of each or by painting them again, and saves its weights, which fine-tune takes with --weights. "
            + "Ctrl-C, SIGTERM and SIGHUP save what was learnt until then (exit code 130, 143, 129). " + Pictures.Rules);
        var model = new ModelOptions(command);
        var fromScratch = new Option<bool>("--from-scratch") { Description = "Begin without weights." };
        command.Add(fromScratch);
        var data = Options.FilePath("--data", "DIR|FILE.npz", "The pictures, in the folder and below it; what classes they are of is not looked at.", required: true);
        command.Add(data);
        var target = Options.FilePath("--out", "FILE.safetensors", "The file to save the trunk to.", required: true);
        command.Add(target);
        var defaults = new ImagePretrainingOptions();
        var method = Options.Choice(
            "--method", $"What is learnt: {string.Join("; ", PretrainingMethodKind.All.Select(static kind => $"{kind.Name} ({kind.Summary})"))}.",
            [.. PretrainingMethodKind.All.Select(static kind => kind.Name)], defaults.Method.Name);
        var epochs = Options.WholeNumber("--epochs", "How often each picture is seen.", 1, defaults.Epochs);
        var batch = Options.WholeNumber("--batch-size", "Pictures a step, at most; they are compared with each other, so that many are better.", 2, defaults.BatchSize);
        var rate = Options.Number("--learning-rate", "R", $"The highest learning rate; {defaults.LearningRate} where it is not given.");
        var seed = Options.Seed();
        foreach (var option in new Option[] { method, epochs, batch, rate, seed }) command.Add(option);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
        return command;

        int Run(ParseResult parsed, CancellationToken interrupt)
        {
            bool isFromScratch = parsed.GetValue(fromScratch);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            string path = parsed.GetRequiredValue(target), folder = parsed.GetRequiredValue(data);
            OutputFile.RequirePlain("--out", path);
            if (parsed.Find(rate) is <= 0) throw new WrongInputException("--learning-rate is a number above 0");
            var choice = model.Choose(parsed, isFromScratch, "give its file with --weights FILE, or --from-scratch to begin without");
            var notes = new ListingNotes();
            var pictures = UnlabelledImages.Open(folder, notes: notes);
            Notes.Tell(error, folder, notes);
            using var where = device.Open(parsed);
            ulong number = parsed.GetValue(seed);
            using var pretraining = new ImagePretraining(isFromScratch ? ImageModelSource.Scratch(choice.Name, number) : choice.Open(number, interrupt), where.Device);
            var place = OutputFile.Prepare("--out", path, SavePlace.BytesOf(pretraining.Model));
            var report = ProgressDisplay.Show(error, display => Train(place, pretraining, pictures, new ImagePretrainingOptions
            {
                Method = PretrainingMethodKind.Named(parsed.GetRequiredValue(method)),
                Epochs = parsed.GetValue(epochs),
                BatchSize = parsed.GetValue(batch),
                LearningRate = parsed.Find(rate) ?? defaults.LearningRate,
                Seed = number,
                Unreadable = problem => display.Line($"graft: left out: {Shell.Line(problem.Message)}"),
            }, display, interrupt));
            var (saved, problem) = report.Steps > 0 ? place.Save(pretraining.Save) : (null, null);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteString("model", pretraining.Model.Name);
                    writer.WriteString("method", parsed.GetRequiredValue(method));
                    writer.WriteString("data", folder);
                    writer.WriteNumber("examples", pictures.Count);
                    ReportOutput.Write(writer, report);
                    writer.WriteString("out", saved);
                    writer.WriteBoolean("interrupted", report.Interrupted);
                    writer.WriteNumber("seed", number);
                    writer.WriteString("device", where.Device.Name);
                });
            }
            else
            {
                ReportOutput.Write(output, report);
                output.WriteLine($"{pretraining.Model.Name}: {Tables.Count(pictures.Count)} pictures; {Tables.Count(report.Steps)} steps in {Tables.Seconds(report.Seconds)}");
                if (saved is not null) output.WriteLine($"saved in {Printable.Whole(saved)}: fine-tune --model {pretraining.Model.Name} --weights {Printable.Whole(saved)} goes on with it");
            }
            return SavePlace.Tell(error, problem, report.Interrupted);
        }
    }

    private static FitReport Train(
        OutputFile place, ImagePretraining pretraining, IImageDataset pictures, ImagePretrainingOptions options, ProgressDisplay display, CancellationToken interrupt)
    {
        var progress = new TrainingProgress(display);
        return SavePlace.Learn(place, () => pretraining.Model, pretraining.Save, () => pretraining.Train(pictures, options, progress, interrupt), () => progress.Steps);
    }
}
