using System.Text.Json;

namespace Graft.Text;

/// <summary>A JSON object a line.</summary>
internal sealed class JsonRows : RowSource
{
    private readonly CheckedReader text;
    private TextRow? first;

    public JsonRows(CheckedReader text, string path) : base(path, text)
    {
        this.text = text;
        first = Next() ?? throw new TextFileException(path, "holds no object: give one a line");
        Columns = first.Columns;
    }

    public override TextRow? Read()
    {
        if (first is null) return Next();
        var row = first;
        first = null;
        return row;
    }

    private TextRow? Next()
    {
        while (true)
        {
            long line = text.Line;
            if (text.ReadLine() is not { } json) return null;
            if (!string.IsNullOrWhiteSpace(json)) return Row(json, line);
        }
    }

    private TextRow Row(string json, long line)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new TextFileException(Path, $"holds {Kind(document.RootElement)} where an object belongs: {{\"text\": ..., \"label\": ...}}", line);
            List<string> names = [], values = [];
            Dictionary<string, string[]>? lists = null;
            foreach (var member in document.RootElement.EnumerateObject())
            {
                names.Add(member.Name);
                if (TextsOf(member.Value) is { } texts) (lists ??= new(StringComparer.Ordinal))[member.Name] = texts;
                values.Add(member.Value.ValueKind switch
                {
                    JsonValueKind.String => member.Value.GetString()!,
                    JsonValueKind.Null => "",
                    JsonValueKind.Object or JsonValueKind.Array => TextRow.NestedValue,
                    _ => member.Value.GetRawText(),
                });
            }
            if (Columns.SequenceEqual(names)) return new TextRow(Path, line, Columns, values, lists);
            RequireDifferent(names, line);
            return new TextRow(Path, line, names, values, lists);
        }
        catch (JsonException exception)
        {
            throw new TextFileException(Path, $"is no JSON from its byte {exception.BytePositionInLine + 1} on: give one object a line", line, cause: exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new TextFileException(Path, "holds half of a surrogate pair (\\ud800 ...), which is no letter", line, cause: exception);
        }
    }

    /// <summary>The texts of a list that has nothing else in it; null for everything else.</summary>
    private static string[]? TextsOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0 && element.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
            ? [.. element.EnumerateArray().Select(static item => item.GetString()!)] : null;

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        _ => element.GetRawText(),
    };
}
