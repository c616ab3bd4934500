using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Graft.Models;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft evaluate</c>: how many pictures of a labelled folder a model gets right.</summary>
internal static class EvaluateCommand
{
    public static Command Make()
    {
        var command = new Command("evaluate", "Counts how many pictures of a folder, a sub-folder a class, a model gets right.");
        var model = new ModelOptions(command);
        var data = Options.FilePath("--data", "DIR", "The pictures, a sub-folder a class.", required: true);
        command.Add(data);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            var choice = model.Choose(parsed);
            string folder = parsed.GetRequiredValue(data);
            var pictures = ImageFolder.Open(folder);
            using var where = device.Open(parsed);
            var classifier = choice.Open(where.Device);
            pictures = classifier.Known(pictures);

            var clock = Stopwatch.StartNew();
            var (examples, correct) = (new int[classifier.ClassNames.Count], new int[classifier.ClassNames.Count]);
            var evaluation = ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display =>
            {
                var count = display.Count(pictures.Count, "picture");
                return classifier.Evaluate(pictures, interrupt, (label, answer) =>
                {
                    examples[label]++;
                    if (answer == label) correct[label]++;
                    count();
                });
            });
            double seconds = clock.Elapsed.TotalSeconds;
            var classes = Enumerable.Range(0, examples.Length).Where(label => examples[label] > 0);

            var output = parsed.InvocationConfiguration.Output;
            if (!parsed.GetValue(json))
            {
                Tables.Write(output, ["class", "examples", "correct", "accuracy"], classes.Select(label => (IReadOnlyList<string>)
                    [classifier.ClassNames[label], Tables.Count(examples[label]), Tables.Count(correct[label]), Tables.Percent((double)correct[label] / examples[label])]));
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{Printable.Text(choice.Name)}: {Tables.Count(evaluation.Correct)} of {Tables.Count(evaluation.Examples)} correct ({Tables.Percent(evaluation.Accuracy)}), loss {Tables.Loss(evaluation.Loss)}, {Tables.Seconds(seconds)}"));
                return Task.FromResult(ExitCode.Done);
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
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
