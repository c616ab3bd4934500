using System.Text;
using System.Text.Json;

namespace Graft.Text.Tokenisers;

/// <summary>The files of one folder that are about its tokeniser, each read once.</summary>
internal sealed class FolderFiles(string folder)
{
    private const long Longest = 256L << 20;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<(string Name, byte[] Bytes)> read = [];

    public IReadOnlyList<(string Name, byte[] Bytes)> Read => read;

    public string PathOf(string name) => Path.Combine(folder, name);

    public bool Has(string name) => File.Exists(PathOf(name));

    public byte[] Bytes(string name)
    {
        using var file = CheckpointFile.Open(PathOf(name));
        if (file.Length > Longest) throw file.Fail($"a file of {file.Length} bytes is no tokeniser's");
        byte[] bytes = file.Read(0, (int)file.Length);
        read.Add((name, bytes));
        return bytes;
    }

    /// <summary>The object that a file of settings holds; null where there is no such file. No setting may stand twice.</summary>
    public JsonObjectReader? Settings(string name)
    {
        var reader = Json(name);
        if (reader is { } settings) RequireOnce(settings, settings.Element, "");
        return reader;
    }

    /// <summary>The object that a file of JSON holds; null where there is no such file.</summary>
    public JsonObjectReader? Json(string name) => Has(name) ? JsonFile.Parse(Bytes(name), PathOf(name)) : null;

    /// <summary>The text of a file, its mark of byte order left out.</summary>
    public string Text(string name) => TextOf(Bytes(name), PathOf(name));

    public static string TextOf(ReadOnlySpan<byte> bytes, string path)
    {
        if (bytes.StartsWith<byte>([0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new CheckpointException(path, $"is no UTF-8 (at byte {exception.Index})", exception);
        }
    }

    /// <summary>Refuses a setting that is said twice.</summary>
    private static void RequireOnce(JsonObjectReader reader, JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Array)
            foreach (var item in element.EnumerateArray()) RequireOnce(reader, item, path);
        if (element.ValueKind != JsonValueKind.Object) return;
        var names = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            string name = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (!names.TryAdd(member.Name, member.Value))
                throw reader.Fail($"'{Printable.Text(name)}' stands twice, as {Printable.Text(names[member.Name].GetRawText())} and as {Printable.Text(member.Value.GetRawText())}");
            RequireOnce(reader, member.Value, name);
        }
    }
}
