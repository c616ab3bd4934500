using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft predict</c> of a text model: a line a text, or a JSON object a text.</summary>
internal static class TextPredictions
{
    public const string StandardInput = "-";

    public static int Run(
        TextHead head, string folder, IReadOnlyList<string> inputs, TextData columns, int top, OpenDevice where, bool asJson, ParseResult parsed, CancellationToken interrupt)
    {
        foreach (string input in inputs)
            if (input != StandardInput && !File.Exists(input)) throw new WrongInputException($"{Printable.Whole(input)}: there is no such file of texts; - is standard input");
        var output = parsed.InvocationConfiguration.Output;
        var texts = inputs.SelectMany(input => input == StandardInput ? columns.Texts(Console.OpenStandardInput(), parsed) : columns.Texts(input, parsed));
        switch (TextTasks.Of(head))
        {
            case TextTasks.Classification:
                using (var classifier = TextClassifier.Load(folder, where.Device))
                    foreach (var prediction in classifier.Predict(texts, interrupt)) Write(output, prediction, top, asJson);
                return ExitCode.Done;
            case TextTasks.Tokens:
                using (var tagger = TokenClassifier.Load(folder, where.Device))
                    foreach (var prediction in tagger.Predict(texts.Select(static text => text.Text), interrupt)) Write(output, prediction, asJson);
                return ExitCode.Done;
            case TextTasks.Questions:
                throw new WrongInputException($"--model {Printable.Whole(folder)} answers questions: use graft answer");
            default:
                throw new WrongInputException($"--model {Printable.Whole(folder)} has no head that gives answers: fine-tune it first, or use graft embed");
        }
    }

    private static void Write(TextWriter output, TextPrediction prediction, int top, bool asJson)
    {
        if (!asJson)
        {
            output.WriteLine($"{Shortened(prediction.Text)}: " + string.Join(", ", prediction.Scores.Take(top).Select(
                static score => string.Create(CultureInfo.InvariantCulture, $"{Printable.Whole(score.Label)} {score.Score:0.000}"))));
            return;
        }
        JsonOutput.Write(output, json =>
        {
            json.WriteString("text", prediction.Text);
            json.WriteTexts("labels", prediction.Labels);
            json.WriteStartArray("scores");
            foreach (var score in prediction.Scores.Take(top))
            {
                json.WriteStartObject();
                json.WriteString("label", score.Label);
                json.WriteFigure("score", score.Score);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static void Write(TextWriter output, TokenPrediction prediction, bool asJson)
    {
        if (!asJson)
        {
            output.WriteLine(
                $"{Shortened(prediction.Text)}: {string.Join(", ", prediction.Entities.Select(static entity => $"{Printable.Whole(entity.Text)} ({Printable.Whole(entity.Type)})"))}");
            return;
        }
        JsonOutput.Write(output, json =>
        {
            json.WriteString("text", prediction.Text);
            json.WriteStartArray("entities");
            foreach (var entity in prediction.Entities) Write(json, entity);
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, FoundEntity entity)
    {
        json.WriteStartObject();
        json.WriteString("type", entity.Type);
        json.WriteString("text", entity.Text);
        json.WriteNumber("start", entity.Start);
        json.WriteNumber("end", entity.End);
        json.WriteFigure("probability", entity.Probability);
        json.WriteEndObject();
    }

    private static string Shortened(string text) => Printable.Text(text);
}
