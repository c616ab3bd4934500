using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft meta-learn</c>: a model learns from many classes how to learn others from a few pictures each, and is saved as weights.</summary>
internal static class MetaLearnCommand
{
    public static Command Make()
    {
        var command = new Command(
            "meta-learn",
            "Has a model learn from many classes how to learn others from a few pictures each, tests it by classes that it has not seen, and saves its weights, which few-shot and "
            + "fine-tune take with --weights. Ctrl-C, SIGTERM and SIGHUP save what was learnt until then (exit code 130, 143, 129). " + Pictures.Rules);
        var model = new ModelOptions(command);
        var fromScratch = new Option<bool>("--from-scratch") { Description = "Begin without weights." };
        command.Add(fromScratch);
        var data = new DataOptions(command);
        var test = Options.FilePath("--test", "DIR|FILE", "Pictures of other classes to test it with.");
        var heldOut = Options.WholeNumber("--held-out-classes", "How many classes of --data are held out to test it with; a fifth where neither this nor --test is given.", 2, null);
        var target = Options.FilePath("--out", "FILE.safetensors", "The file to save the weights to.", required: true);
        foreach (var option in new Option[] { test, heldOut, target }) command.Add(option);
        var recipe = new EpisodeOptions(command);
        var seed = Options.Seed();
        command.Add(seed);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
        return command;

        int Run(ParseResult parsed, CancellationToken interrupt)
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            string path = parsed.GetRequiredValue(target);
            OutputFile.RequirePlain("--out", path);
            ulong number = parsed.GetValue(seed);
            var options = recipe.Read(parsed) with { Seed = number };
            bool isFromScratch = parsed.GetValue(fromScratch);
            var choice = model.Choose(parsed, isFromScratch, "give its file with --weights FILE, or --from-scratch to begin without");
            var (training, held) = Open(parsed, number, error);
            using var where = device.Open(parsed);
            using var learning = new ImageMetaLearning(isFromScratch ? ImageModelSource.Scratch(choice.Name, number) : choice.Open(number, interrupt), where.Device);
            var place = OutputFile.Prepare("--out", path, SavePlace.BytesOf(learning.Model));
            var report = ProgressDisplay.Show(error, display => Learn(display, place, learning, options, training, held, interrupt));
            var (saved, problem) = report.Steps > 0 ? place.Save(learning.Save) : (null, null);
            var found = report.Interrupted ? [] : Test(learning, options, held, recipe.TestEpisodes(parsed), error, interrupt);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteString("model", learning.Model.Name);
                    writer.WriteString("method", options.Method.Name);
                    writer.WriteString("data", data.Path(parsed));
                    writer.WriteNumber("classes", ClassesWith(training, 1));
                    writer.WriteNumber("heldOutClasses", ClassesWith(held, 1));
                    ReportOutput.Write(writer, report);
                    writer.WriteStartArray("tests");
                    foreach (var one in found)
                    {
                        writer.WriteStartObject();
                        writer.WriteNumber("ways", one.Ways);
                        writer.WriteNumber("shots", one.Shots);
                        writer.WriteNumber("episodes", one.Episodes);
                        writer.WriteFigure("accuracy", one.Mean);
                        writer.WriteFigure("halfWidth", one.HalfWidth);
                        writer.WriteEndObject();
                    }
                    writer.WriteEndArray();
                    writer.WriteString("out", saved);
                    writer.WriteBoolean("interrupted", report.Interrupted);
                    writer.WriteNumber("seed", number);
                    writer.WriteString("device", where.Device.Name);
                });
            }
            else
            {
                ReportOutput.Write(output, report);
                output.WriteLine(
                    $"{learning.Model.Name}, {options.Method}: {Tables.Count(ClassesWith(training, 1))} classes; {Tables.Count(report.Steps)} episodes in {Tables.Seconds(report.Seconds)}");
                foreach (var one in found) output.WriteLine($"{one} of {Tables.Count(ClassesWith(held, 1))} classes that it has not seen");
                if (saved is not null) output.WriteLine($"saved in {Printable.Whole(saved)}: few-shot --model {learning.Model.Name} --weights {Printable.Whole(saved)} goes on with it");
            }
            return SavePlace.Tell(error, problem, report.Interrupted);
        }

        (LabelledImages Training, LabelledImages Held) Open(ParseResult parsed, ulong number, TextWriter error)
        {
            if (parsed.GetResult(test) is not null && parsed.GetResult(heldOut) is not null)
                throw new WrongInputException("--test and --held-out-classes both say what it is tested with: give one of them");
            var pictures = data.Open(parsed, DataUse.Training);
            Notes.Tell(error, pictures.Root, pictures.Notes);
            if (parsed.GetValue(test) is { } others) return (pictures, LabelledImages.Open(others, DataUse.Evaluation));
            int classes = ClassesWith(pictures, 1), count = parsed.Find(heldOut) ?? Math.Max(2, classes / 5);
            if (count >= classes)
                throw new WrongInputException($"{Printable.Whole(pictures.Root)} has {classes} classes, of which {count} cannot be held out to test with: give more, or others with --test");
            return pictures.SplitClasses(count, number);
        }
    }

    private static List<EpisodeAccuracy> Test(
        ImageMetaLearning learning, ImageMetaLearningOptions options, LabelledImages held, int episodes, TextWriter error, CancellationToken interrupt)
    {
        var found = new List<EpisodeAccuracy>();
        foreach (var (ways, shots, queries) in EpisodeOptions.Tests(options, held))
        {
            try
            {
                // what cannot be read has been told of
                found.Add(learning.Evaluate(held, ways, shots, queries, episodes, unreadable: static _ => { }, cancellation: interrupt));
            }
            catch (ArgumentException exception)
            {
                error.WriteLine($"graft: not tested by {ways} ways and {shots} shots: {Shell.Line(exception.Message)}");
            }
        }
        return found;
    }

    private static FitReport Learn(
        ProgressDisplay display, OutputFile place, ImageMetaLearning learning, ImageMetaLearningOptions options, LabelledImages training, LabelledImages held,
        CancellationToken interrupt)
    {
        var progress = new TrainingProgress(display);
        options = options with { Unreadable = problem => display.Line($"graft: left out: {Shell.Line(problem.Message)}") };
        return SavePlace.Learn(place, () => learning.Model, learning.Save, () => learning.Train(training, options, held, progress, interrupt), () => progress.Steps);
    }

    /// <summary>How many classes have so many pictures.</summary>
    public static int ClassesWith(LabelledImages pictures, int least) =>
        Enumerable.Range(0, pictures.Count).CountBy(pictures.Label).Count(one => one.Value >= least);
}
