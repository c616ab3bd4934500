using System.Text.Json;
using Graft.Text.Templates;

namespace Graft.Text.Tests;

/// <summary>Templates against what Jinja makes of them with Hugging Face's settings (Golden/make_chat_templates.py).</summary>
public sealed class ChatTemplateGoldenTests
{
    private static readonly DateTime Now = new(2024, 7, 4, 9, 5, 6);

    [Fact]
    public void Templates_become_what_Jinja_makes_of_them()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "chat_templates.json")));
        var wrong = new List<string>();
        int count = 0;
        foreach (var row in golden.RootElement.EnumerateArray())
        {
            count++;
            string name = row.GetProperty("name").GetString()!, expected = Expected(row);
            string became = Made(row.GetProperty("template").GetString()!, row.GetProperty("variables"));
            bool isRight = expected == "error" ? became.StartsWith("error: line ", StringComparison.Ordinal) : became == expected;
            if (!isRight) wrong.Add($"{name}\n    expected {expected}\n    became   {became}");
        }
        Assert.True(count > 400, $"{count} templates");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static string Expected(JsonElement row) => row.TryGetProperty("text", out var text) ? "text: " + text.GetString()
        : row.TryGetProperty("complaint", out var complaint) ? "complaint: " + complaint.GetString() : "error";

    private static string Made(string template, JsonElement variables)
    {
        try
        {
            var known = variables.EnumerateObject().ToDictionary(static member => member.Name, static member => ValueJson.Read(member.Value));
            return "text: " + JinjaTemplate.Parse(template).Render(known, static () => Now);
        }
        catch (TemplateException exception)
        {
            return (exception.IsComplaint ? "complaint: " : "error: ") + exception.Message;
        }
    }
}
