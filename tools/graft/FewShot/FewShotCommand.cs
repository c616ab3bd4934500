using System.CommandLine;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft few-shot</c>: classes are learnt from a few pictures each, without training, and pictures are told apart by them.</summary>
internal static class FewShotCommand
{
    private const int DefaultTop = 3;
    private const string Examples = "--examples", Classes = "--classes", Out = "--out";

    public static Command Make()
    {
        var command = new Command(
            "few-shot",
            $"Learns classes from a few pictures each ({Examples}), without any training, or takes those that were learnt before ({Classes}), and says which of them pictures are of. A "
            + "picture that cannot be decoded is reported, the rest goes on, and the exit code is 1. " + Pictures.Rules);
        var images = new Argument<string[]>("IMAGE")
        {
            Description = "Pictures to tell apart, folders of them, or NumPy archives (.npz); none to learn classes alone.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        command.Add(images);
        var model = new ModelOptions(command);
        var examples = Options.FilePath(Examples, "DIR|FILE.npz", "A few pictures of each class: a folder with a sub-folder a class, or a NumPy archive.");
        var classes = Options.FilePath(Classes, "FILE", $"Classes that were learnt before; those of {Examples} are added.");
        var target = Options.FilePath(Out, "FILE.safetensors", "The file to save the classes to.");
        var metric = Options.Choice(
            "--metric", $"How near a picture is to a class: cosine for trunks of a classifier (the preset), euclidean for those of meta-learn's prototypes. {Classes} have their own.",
            ["cosine", "euclidean"], preset: null);
        var top = Options.WholeNumber("--top", "How many classes to name for a picture, the likeliest first.", 1, DefaultTop);
        foreach (var option in new Option[] { examples, classes, target, metric, top }) command.Add(option);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
        return command;

        int Run(ParseResult parsed, CancellationToken interrupt)
        {
            string? few = parsed.GetValue(examples), known = parsed.GetValue(classes), path = parsed.GetValue(target);
            string[] asked = parsed.GetValue(images) ?? [];
            if (few is null && known is null) throw new WrongInputException($"there are no classes: give a few pictures of each with {Examples}, or learnt ones with {Classes}");
            if (asked.Length == 0 && path is null) throw new WrongInputException($"there is nothing to do: give pictures to tell apart, or a file for the classes with {Out}");
            if (known is not null && parsed.GetValue(metric) is not null) throw new WrongInputException($"the classes of {Classes} have a metric of their own: leave --metric out");
            var place = path is null ? null : OutputFile.Prepare(Out, path);
            var choice = model.Choose(parsed);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var shown = few is null ? null : LabelledImages.Open(few, DataUse.Training);
            var notes = new ListingNotes();
            var pictures = asked.Length == 0 ? null : Pictures.List(asked, split: null, notes);
            if (shown is not null) Notes.Tell(error, shown.Root, shown.Notes);
            Notes.Tell(error, string.Join(", ", asked), notes);
            using var where = device.Open(parsed);
            var trunk = choice.Open(where.Device, interrupt: interrupt);
            var shots = known is not null ? FewShotClassifier.Load(known, trunk)
                : new FewShotClassifier(trunk, parsed.GetValue(metric) == "euclidean" ? FewShotMetric.Euclidean : FewShotMetric.Cosine);
            if (shown is not null) Learn(shots, shown, interrupt);
            (string? Saved, string? Problem) kept = place is null ? (null, null) : place.Save(shots.Save);
            var answers = new Answers(pictures?.Count ?? 0);
            if (pictures is not null)
            {
                foreach (var (index, prediction) in shots.Predict(pictures, (index, problem) => answers.Failed(index, Shell.Line(problem.Message), error), interrupt))
                    answers.Predictions[index] = prediction;
            }
            int named = parsed.GetValue(top);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(output, writer =>
                {
                    choice.Write(writer, trunk);
                    writer.WriteStartArray("classes");
                    foreach (string name in shots.ClassNames)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("label", name);
                        writer.WriteNumber("examples", shots.ExamplesOf(name));
                        writer.WriteEndObject();
                    }
                    writer.WriteEndArray();
                    writer.WriteStartArray("predictions");
                    for (int index = 0; index < answers.Predictions.Length; index++)
                        PredictCommand.Write(writer, pictures!.Name(index), answers.Predictions[index], answers.Problems[index], named);
                    writer.WriteEndArray();
                    writer.WriteString("out", kept.Saved);
                });
            }
            else
            {
                foreach (var prediction in answers.Predictions)
                    if (prediction is not null) output.WriteLine(PredictCommand.Line(prediction, named));
                if (shown is not null || pictures is null)
                    output.WriteLine($"classes: {string.Join(", ", shots.ClassNames.Select(name => $"{Printable.Whole(name)} ({shots.ExamplesOf(name)})"))}");
                if (kept.Saved is not null) output.WriteLine($"saved in {Printable.Whole(kept.Saved)}");
            }
            int code = SavePlace.Tell(error, kept.Problem);
            return answers.Problems.All(static problem => problem is null) ? code : ExitCode.Failed;
        }
    }

    private static void Learn(FewShotClassifier shots, LabelledImages examples, CancellationToken interrupt)
    {
        foreach (int label in Enumerable.Range(0, examples.Count).Select(examples.Label).Distinct().Order())
            shots.Learn(examples.ClassNames[label], examples.Of(label), interrupt);
    }

    /// <summary>What came of each picture.</summary>
    private sealed class Answers(int count)
    {
        public Prediction?[] Predictions { get; } = new Prediction?[count];

        public string?[] Problems { get; } = new string?[count];

        public void Failed(int index, string problem, TextWriter error)
        {
            Problems[index] = problem;
            error.WriteLine($"graft: {problem}");
        }
    }
}
