using System.CommandLine;
using System.Diagnostics;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft evaluate</c> of a model of sounds.</summary>
internal static class SpeechEvaluation
{
    private const string Things = "sounds";

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
            var evaluation = recognizer.Evaluate(sounds, hearing.Read(parsed, recognizer), interrupt);
            return new Evaluated(folder, data, Things, evaluation, Matched: null, clock.Elapsed.TotalSeconds).Write(parsed, asJson);
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
        return new Evaluated(folder, data, Things, evaluation, matched, clock.Elapsed.TotalSeconds).Write(parsed, asJson, json =>
        {
            json.WriteTexts("classes", labels);
            json.WriteStartArray("confusion");
            foreach (int[] taken in confusion)
            {
                json.WriteStartArray();
                foreach (int count in taken) json.WriteNumberValue(count);
                json.WriteEndArray();
            }
            json.WriteEndArray();
        });
    }
}
