using System.Text.Encodings.Web;
using System.Text.Json;
using Graft.Text.Tokenisers;

namespace Graft.Text;

/// <summary>Makes tokenisers whose tokens are whole words, for networks over word vectors; they are saved and opened like any other, as
/// <c>tokenizer.json</c>.</summary>
/// <remarks>A text begins with <c>[CLS]</c>, so that an empty one has a token too, and the second of a pair with <c>[SEP]</c>.</remarks>
public static class WordTokeniser
{
    private const string Padding = "[PAD]", Unknown = "[UNK]", Class = "[CLS]", Separator = "[SEP]", Name = "tokenizer.json";

    private static readonly string[] Specials = [Padding, Unknown, Class, Separator];

    private static readonly LowercaseNormaliser Lowercase = new();

    private static readonly Cutter Spaces = new SpaceCutter(), Signs = new BertPreTokeniser();

    /// <summary>Makes a tokeniser of words.</summary>
    /// <param name="words">The words, which get numbers from 4 on; before them are padding (0), the unknown, the beginning and the separator.</param>
    /// <param name="split">What separates words.</param>
    /// <param name="lowerCase">Whether text is brought to lower case; the words then are in lower case too.</param>
    /// <exception cref="ArgumentException">A word is empty or there twice.</exception>
    public static Tokeniser Make(IReadOnlyList<string> words, WordSplit split = WordSplit.WhiteSpace, bool lowerCase = true)
    {
        ArgumentNullException.ThrowIfNull(words);
        var seen = new HashSet<string>(Specials, StringComparer.Ordinal);
        foreach (string word in words)
            if (string.IsNullOrEmpty(word) || !seen.Add(word)) throw new ArgumentException($"the word '{Printable.Text(word ?? "")}' is empty or there twice", nameof(words));
        return Tokeniser.Parse(Format(words, split, lowerCase), Name);
    }

    /// <summary>The words of a text as such a tokeniser cuts it, before they are looked up: to count a vocabulary, or to learn word vectors.</summary>
    /// <param name="text">The text; half a pair of surrogates is read as the replacement character.</param>
    /// <param name="split">What separates words.</param>
    /// <param name="lowerCase">Whether the text is brought to lower case.</param>
    /// <returns>The words in order, without those that spell a token of the tokeniser's own, such as <c>[PAD]</c>.</returns>
    public static IReadOnlyList<string> Words(string text, WordSplit split = WordSplit.WhiteSpace, bool lowerCase = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var work = Workspace.Rent();
        work.AtBeginning = true;
        work.Text.Load(text, 0, text.Length);
        if (lowerCase) Lowercase.Apply(work);
        work.Splits.Clear();
        if (work.Text.Length > 0) work.Splits.Add(new Split(0, work.Text.Length));
        (split == WordSplit.WhiteSpace ? Spaces : Signs).Apply(work);
        var words = new List<string>(work.Splits.Count);
        foreach (var range in work.Splits)
            if (work.Text.Units[range.Start..range.End].ToString() is var word && !Specials.Contains(word)) words.Add(word);
        work.Return();
        return words;
    }

    /// <summary>The tokens of a tokeniser in the order of their numbers: the vocabulary that a table of embeddings is aligned to.</summary>
    /// <param name="tokeniser">The tokeniser.</param>
    public static IReadOnlyList<string> Tokens(Tokeniser tokeniser)
    {
        ArgumentNullException.ThrowIfNull(tokeniser);
        return [.. Enumerable.Range(0, tokeniser.VocabularySize).Select(tokeniser.TokenOf)];
    }

    private static byte[] Format(IReadOnlyList<string> words, WordSplit split, bool lowerCase)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            json.WriteStartArray("added_tokens");
            for (int id = 0; id < Specials.Length; id++) WriteSpecial(json, id);
            json.WriteEndArray();
            WriteKind(json, "normalizer", lowerCase ? "Lowercase" : null);
            WriteKind(json, "pre_tokenizer", split == WordSplit.WhiteSpace ? "WhitespaceSplit" : "BertPreTokenizer");
            WriteTemplate(json);
            json.WriteNull("decoder");
            json.WriteStartObject("model");
            json.WriteString("type", "WordLevel");
            json.WriteStartObject("vocab");
            for (int id = 0; id < Specials.Length; id++) json.WriteNumber(Specials[id], id);
            for (int word = 0; word < words.Count; word++) json.WriteNumber(words[word], Specials.Length + word);
            json.WriteEndObject();
            json.WriteString("unk_token", Unknown);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void WriteSpecial(Utf8JsonWriter json, int id)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("content", Specials[id]);
        foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(flag, false);
        json.WriteBoolean("special", true);
        json.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter json, string name, string? type)
    {
        if (type is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        json.WriteString("type", type);
        json.WriteEndObject();
    }

    private static void WriteTemplate(Utf8JsonWriter json)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        WriteParts(json, "single", [Class], ["A"]);
        WriteParts(json, "pair", [Class, Separator], ["A", "B"]);
        json.WriteStartObject("special_tokens");
        foreach (string token in (string[])[Class, Separator])
        {
            json.WriteStartObject(token);
            json.WriteString("id", token);
            json.WriteStartArray("ids");
            json.WriteNumberValue(Array.IndexOf(Specials, token));
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(token);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteParts(Utf8JsonWriter json, string name, string[] before, string[] texts)
    {
        json.WriteStartArray(name);
        for (int part = 0; part < texts.Length; part++)
        {
            WritePart(json, "SpecialToken", before[part]);
            WritePart(json, "Sequence", texts[part]);
        }
        json.WriteEndArray();
    }

    private static void WritePart(Utf8JsonWriter json, string kind, string id)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
