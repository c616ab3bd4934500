using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>Says on standard error what is worth knowing and no error: what was passed over, how classes were matched.</summary>
internal static class Notes
{
    public static void Tell(TextWriter error, string root, ListingNotes notes, string? matched = null)
    {
        foreach (string line in notes.Lines()) Tell(error, $"{root}: {line}");
        if (matched is not null) Tell(error, $"{root}: {matched}");
    }

    public static void Tell(TextWriter error, string note) => error.WriteLine($"graft: note: {Shell.Line(note)}");

    /// <summary>The same for scripts.</summary>
    public static void Write(System.Text.Json.Utf8JsonWriter json, ListingNotes notes)
    {
        json.WriteTexts("emptyClasses", notes.EmptyClasses);
        json.WriteStartObject("skipped");
        foreach (var (extension, count) in notes.Skipped) json.WriteNumber(extension, count);
        json.WriteEndObject();
    }

    /// <summary>The pictures that could not be read, for scripts.</summary>
    public static void Write(System.Text.Json.Utf8JsonWriter json, IReadOnlyCollection<(string Path, string Problem)> unreadable)
    {
        json.WriteStartArray("unreadable");
        foreach (var (path, problem) in unreadable)
        {
            json.WriteStartObject();
            json.WriteString("path", path);
            json.WriteString("error", problem);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
