using System.Text.Json;

namespace Graft.Text;

/// <summary>Questions and answers in SQuAD's JSON, version 1.1 or 2.0.</summary>
/// <remarks>SQuAD counts Unicode's code points; spans count UTF-16 units, as strings do.</remarks>
public static class SquadFile
{
    /// <summary>Reads the questions of a file, in its order.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TextFileException">It is no such file, or an answer is not where it is said to be.</exception>
    public static IReadOnlyList<QuestionExample> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = TextFile.Open(path);
        try
        {
            using var document = TextFile.Guarded(path, () => JsonDocument.Parse(stream));
            return new SquadReader(path).Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new TextFileException(path, $"is no JSON from its byte {exception.BytePositionInLine + 1} on", exception.LineNumber + 1, cause: exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new TextFileException(path, $"is not laid out as SQuAD is, or holds text that is no UTF-8: {Printable.Text(exception.Message)}", cause: exception);
        }
    }

    /// <summary>Writes questions; those of one context that follow each other stand under it.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="examples">The questions.</param>
    /// <param name="version">What the file calls its version; those that know unanswerable questions begin with <c>v2</c>.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<QuestionExample> examples, string version = "v2.0")
    {
        ArgumentNullException.ThrowIfNull(examples);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartObject();
            json.WriteString("version", version);
            json.WriteStartArray("data");
            QuestionExample? last = null;
            foreach (var example in examples)
            {
                if (last is null || last.Title != example.Title)
                {
                    if (last is not null) EndArticle(json);
                    json.WriteStartObject();
                    json.WriteString("title", example.Title ?? "");
                    json.WriteStartArray("paragraphs");
                    StartParagraph(json, example);
                }
                else if (last.Context != example.Context)
                {
                    EndParagraph(json);
                    StartParagraph(json, example);
                }
                WriteQuestion(json, example);
                last = example;
            }
            if (last is not null) EndArticle(json);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void StartParagraph(Utf8JsonWriter json, QuestionExample example)
    {
        json.WriteStartObject();
        json.WriteString("context", example.Context);
        json.WriteStartArray("qas");
    }

    private static void EndParagraph(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void EndArticle(Utf8JsonWriter json)
    {
        EndParagraph(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteQuestion(Utf8JsonWriter json, QuestionExample example)
    {
        json.WriteStartObject();
        json.WriteString("id", example.Id);
        json.WriteString("question", example.Question);
        json.WriteBoolean("is_impossible", example.IsImpossible);
        json.WriteStartArray("answers");
        foreach (var answer in example.Answers)
        {
            json.WriteStartObject();
            json.WriteString("text", answer.Text);
            json.WriteNumber("answer_start", CodePoints.Count(example.Context.AsSpan(0, answer.Start)));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
