using System.Text.Json;

namespace Graft.Models;

/// <summary>Checks the texts of a JSON document, which its reader takes as they are and only decodes when they are asked for.</summary>
internal static class JsonTexts
{
    /// <exception cref="JsonException">A name or text is no valid UTF-8, or half of a pair of surrogates.</exception>
    public static void RequireValid(JsonElement element)
    {
        try
        {
            Visit(element);
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("a text in it is no valid Unicode", exception);
        }
    }

    // No deeper than the reader itself goes.
    private static void Visit(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    Visit(member.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) Visit(item);
                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }
}
