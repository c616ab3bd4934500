using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft evaluate</c>: how many pictures of a labelled folder a model gets right.</summary>
internal static class EvaluateCommand
{
    public static Command Make()
    {
        var command = new Command(
            "evaluate",
            "Counts how many pictures a model gets right, the examples of a file of texts, or sounds: "
            + "of classes in folders, or with what is said in a table. "
            + "Classes are matched by name. A picture that cannot be decoded is reported, "
            + "the rest is counted, and the exit code is 1. " + Pictures.Rules);
        var model = new ModelOptions(command, needsHead: true);
        var adapter = new AdapterOption(command);
        var data = new DataOptions(command);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        var columns = new TextData(command, hasTargets: true);
        var writing = new WritingOptions(command);
        var hearing = new HearingOptions(command, writing, isForSpeech: false);
        command.SetAction((parsed, interrupt) =>
        {
            if (model.FindSpeech(parsed, interrupt) is var (speechFolder, speechHead))
            {
                using var speechDevice = device.Open(parsed);
                return Task.FromResult(SpeechEvaluation.Run(
                    speechHead, speechFolder, adapter.Folder(parsed), data.Path(parsed), columns, hearing, writing, speechDevice, parsed.GetValue(json), parsed, interrupt));
            }
            hearing.RequireNone(parsed);
            if (model.FindText(parsed, interrupt) is var (textFolder, head))
            {
                using var textDevice = device.Open(parsed);
                return Task.FromResult(TextEvaluation.Run(
                    adapter.Head(parsed, head), textFolder, adapter.Folder(parsed), data.Path(parsed), columns, writing, textDevice, parsed.GetValue(json), parsed, interrupt));
            }
            var choice = model.Choose(parsed) with { Adapter = adapter.Folder(parsed) };
            writing.RequireNone(parsed);
            string folder = data.Path(parsed);
            var pictures = data.Open(parsed, DataUse.Evaluation);
            using var where = device.Open(parsed);
            var classifier = choice.Open(where.Device, interrupt: interrupt);
            var error = parsed.InvocationConfiguration.Error;
            pictures = classifier.Match(pictures, out string? matched);
            Notes.Tell(error, folder, pictures.Notes, matched);

            var clock = Stopwatch.StartNew();
            var (examples, correct) = (new int[classifier.ClassNames.Count], new int[classifier.ClassNames.Count]);
            var unreadable = new List<(string Path, string Problem)>();
            var evaluation = ProgressDisplay.Show(error, display =>
            {
                var count = display.Count(pictures.Count, "picture");
                return classifier.Evaluate(pictures, (label, answer) =>
                {
                    examples[label]++;
                    if (answer == label) correct[label]++;
                    count();
                }, (index, problem) =>
                {
                    unreadable.Add((pictures.Name(index), Shell.Line(problem.Message)));
                    display.Line($"graft: {unreadable[^1].Problem}");
                    count();
                }, interrupt);
            });
            if (evaluation.Examples == 0) throw new WorkFailedException("none of the pictures can be read, so nothing was counted");
            int exitCode = unreadable.Count == 0 ? ExitCode.Done : ExitCode.Failed;
            double seconds = clock.Elapsed.TotalSeconds;
            var classes = Enumerable.Range(0, examples.Length).Where(label => examples[label] > 0);

            var output = parsed.InvocationConfiguration.Output;
            if (!parsed.GetValue(json))
            {
                Tables.Write(output, ["class", "examples", "correct", "accuracy"], classes.Select(label => (IReadOnlyList<string>)
                    [classifier.ClassNames[label], Tables.Count(examples[label]), Tables.Count(correct[label]), Tables.Percent((double)correct[label] / examples[label])]));
                string left = unreadable.Count == 0 ? "" : $"; {Tables.Count(unreadable.Count)} could not be read";
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{Printable.Whole(choice.Name)}: {Tables.Count(evaluation.Correct)} of {Tables.Count(evaluation.Examples)} correct "
                    + $"({Tables.Percent(evaluation.Accuracy)}), loss {Tables.Loss(evaluation.Loss)}, {Tables.Seconds(seconds)}{left}"));
                return Task.FromResult(exitCode);
            }
            JsonOutput.Write(output, writer =>
            {
                choice.Write(writer, classifier);
                writer.WriteString("data", folder);
                writer.WriteNumber("examples", evaluation.Examples);
                writer.WriteNumber("correct", evaluation.Correct);
                writer.WriteFigure("accuracy", evaluation.Accuracy);
                writer.WriteFigure("loss", evaluation.Loss);
                writer.WriteFigure("seconds", seconds);
                writer.WriteString("matched", matched);
                Notes.Write(writer, unreadable);
                Notes.Write(writer, pictures.Notes);
                writer.WriteStartArray("classes");
                foreach (int label in classes)
                {
                    writer.WriteStartObject();
                    writer.WriteString("label", classifier.ClassNames[label]);
                    writer.WriteNumber("examples", examples[label]);
                    writer.WriteNumber("correct", correct[label]);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            });
            return Task.FromResult(exitCode);
        });
        return command;
    }
}
