using System.CommandLine;
using System.Diagnostics;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>graft evaluate</c> of a model of sounds.</summary>
internal static class SpeechEvaluation
{
    public static int Run(
        SpeechHead head, string folder, string? adapter, string data, TextData columns, HearingOptions hearing, WritingOptions writing, OpenDevice where, bool asJson,
        ParseResult parsed, CancellationToken interrupt)
    {
        if (head == SpeechHead.None) throw new WrongInputException($"--model {Printable.Whole(folder)} has no head that gives answers: fine-tune it first");
        var clock = Stopwatch.StartNew();
        if (head == SpeechHead.SequenceClassification)
        {
            hearing.RequireNone(parsed);
            writing.RequireNone(parsed);
            return Classify(folder, adapter, data, where, asJson, clock, parsed, interrupt);
        }
        var sounds = columns.Transcribed(data, parsed);
        using var recognizer = SpeechTasks.Load(SpeechTasks.Recognition, folder, adapter, where, SpeechRecognizer.From);
        try
        {
            return Tell(folder, data, recognizer.Evaluate(sounds, hearing.Read(parsed, recognizer), interrupt), null, [], asJson, clock, parsed);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    private static int Classify(
        string folder, string? adapter, string data, OpenDevice where, bool asJson, Stopwatch clock, ParseResult parsed, CancellationToken interrupt)
    {
        var sounds = LabelledSounds.Open(data);
        using var classifier = SpeechTasks.Load(SpeechTasks.Classification, folder, adapter, where, AudioClassifier.From);
        var labels = classifier.Labels;
        var confusion = labels.Select(_ => new int[labels.Count]).ToArray();
        var evaluation = classifier.Evaluate(sounds, (expected, predicted) => confusion[expected][predicted]++, out string? matched, interrupt);
        if (matched is not null) Notes.Tell(parsed.InvocationConfiguration.Error, $"{data}: {matched}");
        if (!asJson)
        {
            var present = labels.Index().Where(one => confusion[one.Index].Sum() > 0);
            Tables.Write(parsed.InvocationConfiguration.Output, ["class", "examples", "correct", "accuracy", "taken for"], present.Select(one =>
            {
                int[] row = confusion[one.Index];
                var wrong = row.Index().Where(other => other.Index != one.Index && other.Item > 0).OrderByDescending(static other => other.Item).Take(3);
                return (IReadOnlyList<string>)
                [
                    one.Item, Tables.Count(row.Sum()), Tables.Count(row[one.Index]), Tables.Percent((double)row[one.Index] / row.Sum()),
                    string.Join(", ", wrong.Select(other => $"{labels[other.Index]} {Tables.Count(other.Item)}")),
                ];
            }));
        }
        return Tell(folder, data, evaluation, matched, [.. labels.Zip(confusion)], asJson, clock, parsed);
    }

    private static int Tell(
        string folder, string data, Evaluation evaluation, string? matched, (string Label, int[] Taken)[] confusion, bool asJson, Stopwatch clock, ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (!asJson)
        {
            output.WriteLine($"{Printable.Whole(folder)}: {Tables.Count(evaluation.Examples)} sounds: "
                + string.Join(", ", evaluation.Metrics.All.Select(static metric => $"{metric.Name} {ReportOutput.Text(metric.Name, metric.Value)}"))
                + $", {Tables.Seconds(clock.Elapsed.TotalSeconds)}");
            return ExitCode.Done;
        }
        JsonOutput.Write(output, json =>
        {
            json.WriteString("model", folder);
            json.WriteString("data", data);
            ReportOutput.WriteMetrics(json, evaluation);
            json.WriteFigure("seconds", clock.Elapsed.TotalSeconds);
            json.WriteString("matched", matched);
            if (confusion.Length == 0) return;
            json.WriteTexts("classes", confusion.Select(static one => one.Label));
            json.WriteStartArray("confusion");
            foreach (var (_, taken) in confusion)
            {
                json.WriteStartArray();
                foreach (int count in taken) json.WriteNumberValue(count);
                json.WriteEndArray();
            }
            json.WriteEndArray();
        });
        return ExitCode.Done;
    }
}
