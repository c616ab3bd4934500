using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft predict</c>: what a model takes pictures for.</summary>
internal static class PredictCommand
{
    private const int DefaultTop = 5;

    public static Command Make()
    {
        var command = new Command(
            "predict",
            "Says what a model takes pictures for, or what a text model makes of texts: labels, entities, documents ranked for their query, the likeliest of choices. "
            + "A picture that cannot be decoded is reported, the rest goes on, and the exit code is 1. " + Pictures.Rules);
        var images = new Argument<string[]>("IMAGE")
        {
            Description = "Pictures, folders of them, or NumPy archives (.npz); of a text model files of texts, or - for standard input "
                + "(a text a line, or a JSON object where an example has several); of a model of sounds wave files or folders of them.",
            Arity = ArgumentArity.OneOrMore,
        };
        command.Add(images);
        var split = DataOptions.Split();
        command.Add(split);
        var model = new ModelOptions(command, needsHead: true);
        var adapter = new AdapterOption(command);
        var top = Options.WholeNumber("--top", "How many classes to name for a picture or text, or documents for a query, the likeliest first.", 1, DefaultTop);
        command.Add(top);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        var columns = new TextData(command, hasLabels: false);
        command.SetAction((parsed, interrupt) =>
        {
            if (model.FindSpeech(parsed, interrupt) is var (speechFolder, speechHead))
            {
                using var speechDevice = device.Open(parsed);
                return Task.FromResult(SpeechPredictions.Run(
                    speechHead, speechFolder, adapter.Folder(parsed), parsed.GetRequiredValue(images), parsed.GetValue(top), speechDevice, parsed.GetValue(json), parsed, interrupt));
            }
            if (model.FindText(parsed, interrupt) is var (textFolder, head))
            {
                using var textDevice = device.Open(parsed);
                return Task.FromResult(TextPredictions.Run(
                    adapter.Head(parsed, head), textFolder, adapter.Folder(parsed), parsed.GetRequiredValue(images), columns, parsed.GetValue(top),
                    textDevice, parsed.GetValue(json), parsed, interrupt));
            }
            var choice = model.Choose(parsed) with { Adapter = adapter.Folder(parsed) };
            var notes = new ListingNotes();
            var files = Pictures.List(parsed.GetRequiredValue(images), parsed.GetValue(split), notes);
            using var where = device.Open(parsed);
            var classifier = choice.Open(where.Device, interrupt: interrupt);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            Notes.Tell(error, string.Join(", ", parsed.GetRequiredValue(images)), notes);
            int named = parsed.GetValue(top), damaged = 0;

            if (parsed.GetValue(json))
            {
                var predictions = new Prediction?[files.Count];
                var problems = new string?[files.Count];
                damaged = ProgressDisplay.Show(error, display =>
                {
                    var count = display.Count(files.Count, "picture");
                    return Predict(count, (index, prediction) => predictions[index] = prediction, (index, problem) =>
                    {
                        problems[index] = problem;
                        display.Line($"graft: {problem}");
                    });
                });
                JsonOutput.Write(output, writer =>
                {
                    choice.Write(writer, classifier);
                    writer.WriteStartArray("predictions");
                    for (int index = 0; index < files.Count; index++) Write(writer, files.Name(index), predictions[index], problems[index], named);
                    writer.WriteEndArray();
                });
            }
            else
            {
                damaged = Predict(static () => { }, (_, prediction) => output.WriteLine(Line(prediction, named)), (_, problem) => error.WriteLine($"graft: {problem}"));
            }
            return Task.FromResult(damaged == 0 ? ExitCode.Done : ExitCode.Failed);

            int Predict(Action counted, Action<int, Prediction> done, Action<int, string> failed)
            {
                int failures = 0;
                foreach (var (index, prediction) in classifier.Predict(files, Unreadable, interrupt))
                {
                    done(index, prediction);
                    counted();
                }
                return failures;

                void Unreadable(int index, ImageException problem)
                {
                    failures++;
                    failed(index, Shell.Line(problem.Message));
                    counted();
                }
            }
        });
        return command;
    }

    public static string Line(Prediction prediction, int named) =>
        $"{Printable.Whole(prediction.Path)}: " + string.Join(", ", prediction.Classes.Take(named).Select(
            one => string.Create(CultureInfo.InvariantCulture, $"{Printable.Whole(one.Label)} {Tables.Percent(one.Probability)}")));

    public static void Write(Utf8JsonWriter json, string path, Prediction? prediction, string? problem, int named)
    {
        json.WriteStartObject();
        json.WriteString("path", path);
        if (prediction is null)
        {
            json.WriteString("error", problem);
        }
        else
        {
            json.WriteString("label", prediction.Label);
            json.WriteFigure("probability", prediction.Probability);
            json.WriteStartArray("classes");
            foreach (var one in prediction.Classes.Take(named))
            {
                json.WriteStartObject();
                json.WriteString("label", one.Label);
                json.WriteFigure("probability", one.Probability);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
