using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Graft.Tasks;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>graft predict</c> of a text model: a line a text, or a JSON object a text.</summary>
internal static class TextPredictions
{
    public static int Run(
        TextHead head, string folder, string? adapter, IReadOnlyList<string> inputs, TextData columns, int top,
        OpenDevice where, bool asJson, ParseResult parsed, CancellationToken interrupt)
    {
        foreach (string input in inputs)
            if (input != TextData.StandardInput && !File.Exists(input)) throw new WrongInputException($"{Printable.Whole(input)}: there is no such file of texts; - is standard input");
        var output = parsed.InvocationConfiguration.Output;
        var texts = inputs.SelectMany(input => columns.Asked(input, parsed));
        switch (TextTasks.Of(head, adapter ?? folder))
        {
            case TextTasks.Classification:
                using (var classifier = TextLearners.Load(TextTasks.Classification, folder, adapter, where, TextClassifier.From))
                    foreach (var prediction in classifier.Predict(texts, interrupt)) Write(output, prediction, top, asJson);
                return ExitCode.Done;
            case TextTasks.Tokens:
                using (var tagger = TextLearners.Load(TextTasks.Tokens, folder, adapter, where, TokenClassifier.From))
                    foreach (var prediction in tagger.Predict(texts.Select(static text => text.Text), interrupt)) Write(output, prediction, asJson);
                return ExitCode.Done;
            case TextTasks.Ranking:
                using (var ranker = TextLearners.Load(TextTasks.Ranking, folder, adapter, where, TextRanker.From))
                    Rank(ranker, inputs.SelectMany(input => columns.AskedPairs(input, parsed)), output, top, asJson, interrupt);
                return ExitCode.Done;
            case TextTasks.Choices:
                using (var answerer = TextLearners.Load(TextTasks.Choices, folder, adapter, where, MultipleChoiceAnswerer.From))
                    Choose(answerer, inputs.SelectMany(input => columns.AskedChoices(input, parsed)), output, asJson, interrupt);
                return ExitCode.Done;
            case TextTasks.Questions:
                throw new WrongInputException($"--model {Printable.Whole(folder)} answers questions: use graft answer");
            case TextTasks.Translation:
                throw new WrongInputException($"--model {Printable.Whole(folder)} makes texts of texts: use graft translate or graft summarise");
            default:
                throw new WrongInputException($"--model {Printable.Whole(folder)} has no head that gives answers: fine-tune it first, or use graft embed");
        }
    }

    /// <summary>The documents of each query that follow one another, the best first.</summary>
    private static void Rank(TextRanker ranker, IEnumerable<TextExample> pairs, TextWriter output, int top, bool asJson, CancellationToken interrupt)
    {
        var asked = new Queue<TextExample>();
        var scores = ranker.Score(pairs.Select(pair =>
        {
            asked.Enqueue(pair);
            return pair;
        }), interrupt);
        string? query = null;
        var documents = new List<RankedText>();
        foreach (double score in scores)
        {
            var pair = asked.Dequeue();
            if (query is not null && pair.Text != query) Flush();
            query = pair.Text;
            documents.Add(new RankedText(documents.Count, score, pair.Pair!));
        }
        if (query is not null) Flush();

        void Flush()
        {
            Write(output, query, [.. documents.OrderByDescending(static document => document.Score).Take(top)], asJson);
            documents.Clear();
        }
    }

    private static void Choose(MultipleChoiceAnswerer answerer, IEnumerable<ChoiceExample> examples, TextWriter output, bool asJson, CancellationToken interrupt)
    {
        var asked = new Queue<string>();
        var predictions = answerer.Predict(examples.Select(example =>
        {
            asked.Enqueue(example.Context);
            return example;
        }), interrupt);
        foreach (var prediction in predictions) Write(output, asked.Dequeue(), prediction, asJson);
    }

    private static void Write(TextWriter output, string query, IReadOnlyList<RankedText> ranking, bool asJson)
    {
        if (!asJson)
        {
            foreach (var found in ranking)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Shortened(query)}: {found.Score:0.000}  {Shortened(found.Text)}"));
            return;
        }
        JsonOutput.Write(output, json =>
        {
            json.WriteString("query", query);
            json.WriteStartArray("documents");
            foreach (var found in ranking)
            {
                json.WriteStartObject();
                json.WriteNumber("index", found.Index);
                json.WriteFigure("score", found.Score);
                json.WriteString("text", found.Text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static void Write(TextWriter output, string context, ChoicePrediction prediction, bool asJson)
    {
        if (!asJson)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Shortened(context)}: {Shortened(prediction.Text)}  ({Tables.Percent(prediction.Probability)})"));
            return;
        }
        JsonOutput.Write(output, json =>
        {
            json.WriteString("context", context);
            json.WriteNumber("choice", prediction.Index);
            json.WriteString("text", prediction.Text);
            json.WriteStartArray("probabilities");
            foreach (double probability in prediction.Probabilities) json.WriteNumberValue(probability);
            json.WriteEndArray();
        });
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
