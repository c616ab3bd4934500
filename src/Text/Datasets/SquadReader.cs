using System.Text.Json;

namespace Graft.Text;

/// <summary>Reads SQuAD's object; complaints name the question.</summary>
internal sealed class SquadReader(string path)
{
    private readonly HashSet<string> ids = new(StringComparer.Ordinal);
    private readonly List<QuestionExample> examples = [];

    public IReadOnlyList<QuestionExample> Read(JsonElement root)
    {
        foreach (var article in List(root, "data", "the file"))
        {
            string? title = article.TryGetProperty("title", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
            foreach (var paragraph in List(article, "paragraphs", $"the article {examples.Count}"))
            {
                string context = Text(paragraph, "context", "a paragraph");
                foreach (var question in List(paragraph, "qas", "a paragraph")) examples.Add(Question(question, context, title));
            }
        }
        return examples.Count == 0 ? throw new TextFileException(path, "holds no question") : examples;
    }

    private QuestionExample Question(JsonElement question, string context, string? title)
    {
        string id = Text(question, "id", $"question {examples.Count + 1}");
        string name = $"the question '{Printable.Text(id)}'";
        if (!ids.Add(id)) throw new TextFileException(path, $"{name} is there twice: give each an id of its own");
        bool saysImpossible = question.TryGetProperty("is_impossible", out var flag) && flag.ValueKind == JsonValueKind.True;
        bool isAnswered = question.TryGetProperty("answers", out var given) && given.ValueKind != JsonValueKind.Null;
        var answers = new List<AnswerSpan>();
        if (isAnswered)
            foreach (var answer in List(question, "answers", name)) answers.Add(Span(answer, context, name));
        if (saysImpossible && answers.Count > 0) throw new TextFileException(path, $"{name} is said to have no answer and has {answers.Count}");
        return new QuestionExample(id, Text(question, "question", name), context, answers, saysImpossible || (isAnswered && answers.Count == 0), title);
    }

    private AnswerSpan Span(JsonElement answer, string context, string name)
    {
        string text = Text(answer, "text", name);
        if (!answer.TryGetProperty("answer_start", out var place) || place.ValueKind != JsonValueKind.Number || !place.TryGetInt64(out long start))
            throw new TextFileException(path, $"{name} has an answer without a whole number 'answer_start'");
        int at = CodePoints.IndexOf(context, start);
        if (at >= 0 && text.Length > 0 && context.AsSpan(at).StartsWith(text, StringComparison.Ordinal)) return new AnswerSpan(at, text);
        if (text.Length == 0) throw new TextFileException(path, $"{name} has an empty answer: leave it out, or say is_impossible");
        throw new TextFileException(path, $"{name}: its answer '{Printable.Text(text)}' is not at {start} of its context, where "
            + (at < 0 || at == context.Length ? "nothing is" : $"'{Printable.Text(context.Substring(at, Math.Min(text.Length, context.Length - at)))}' stands") + Nearest(context, text, at));
    }

    private static string Nearest(string context, string text, int wanted)
    {
        int best = -1;
        for (int at = context.IndexOf(text, StringComparison.Ordinal); at >= 0; at = context.IndexOf(text, at + 1, StringComparison.Ordinal))
            if (best < 0 || Math.Abs(at - wanted) < Math.Abs(best - wanted)) best = at;
        return best < 0 ? "; the context does not hold it" : $"; it is at {CodePoints.Count(context.AsSpan(0, best))} (code points are counted, as Python does)";
    }

    private JsonElement.ArrayEnumerator List(JsonElement parent, string name, string place) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray() : throw new TextFileException(path, $"{place} has no list '{name}': it is not laid out as SQuAD is");

    private string Text(JsonElement parent, string name, string place) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()! : throw new TextFileException(path, $"{place} has no text '{name}': it is not laid out as SQuAD is");
}
