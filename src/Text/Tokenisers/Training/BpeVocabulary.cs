using System.Text.Json;
using Graft.Text.Tokenisers;

namespace Graft.Text;

/// <summary>A byte-pair encoding that was learnt from texts.</summary>
public sealed class BpeVocabulary
{
    private static readonly (string Name, string[] Spellings)[] Names =
    [
        ("bos_token", ["<s>"]), ("eos_token", ["</s>", "<|endoftext|>"]), ("unk_token", ["<unk>"]), ("pad_token", ["<pad>"]), ("mask_token", ["<mask>"]), ("cls_token", ["<cls>"]),
        ("sep_token", ["<sep>"]),
    ];

    private readonly BpeTrainerOptions options;

    internal BpeVocabulary(BpeTrainerOptions options, IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges) =>
        (this.options, Tokens, Merges) = (options, tokens, merges);

    /// <summary>The tokens in the order of their numbers: special ones, bytes and letters, and what was joined, first things first.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>What was joined, in order.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The tokeniser of this encoding.</summary>
    public Tokeniser ToTokeniser()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Write(json);
            json.WriteEndObject();
        }
        return Tokeniser.Parse(stream.ToArray(), TokeniserFolder.JsonName);
    }

    /// <summary>Writes the files of a folder that <see cref="Tokeniser.Open"/> and Hugging Face's tokenizers read: <c>tokenizer.json</c> and
    /// <c>tokenizer_config.json</c>.</summary>
    /// <param name="folder">The folder; it is made where there is none.</param>
    /// <param name="maximumLength">The most tokens of a text; null to leave it to the model.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder, int? maximumLength = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        JsonFile.Write(Path.Combine(folder, TokeniserFolder.JsonName), Write);
        JsonFile.Write(Path.Combine(folder, TokeniserSettings.ConfigFile), json =>
        {
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            foreach (var (name, spellings) in Names)
                if (Array.Find(spellings, options.SpecialTokens.Contains) is { } token) json.WriteString(name, token);
            if (maximumLength is { } most) json.WriteNumber("model_max_length", most);
            json.WriteBoolean("clean_up_tokenization_spaces", false);
        });
    }

    private void Write(Utf8JsonWriter json)
    {
        bool isBytes = options.Kind == BpeKind.ByteLevel;
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (var (id, token) in options.SpecialTokens.Index())
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", token);
            foreach (string flag in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNull("normalizer");
        json.WriteStartObject("pre_tokenizer");
        WriteStep(json, isBytes);
        json.WriteEndObject();
        WriteTemplate(json);
        json.WriteStartObject("decoder");
        if (isBytes) WriteStep(json, isBytes);
        else WriteDecoders(json);
        json.WriteEndObject();

        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        if (!isBytes && options.SpecialTokens.Contains("<unk>")) json.WriteString("unk_token", "<unk>");
        else json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", !isBytes);
        json.WriteBoolean("byte_fallback", !isBytes);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        foreach (var (id, token) in Tokens.Index()) json.WriteNumber(token, id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in Merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteStep(Utf8JsonWriter json, bool isBytes)
    {
        json.WriteString("type", isBytes ? "ByteLevel" : "Metaspace");
        if (isBytes)
        {
            json.WriteBoolean("add_prefix_space", options.AddPrefixSpace);
            json.WriteBoolean("trim_offsets", true);
            json.WriteBoolean("use_regex", true);
            return;
        }
        json.WriteString("replacement", PreTokeniserJson.SpaceSign.ToString());
        json.WriteString("prepend_scheme", options.AddPrefixSpace ? "always" : "never");
        json.WriteBoolean("split", true);
    }

    /// <summary>Bytes become letters before the signs of spaces become spaces, of which the first was none.</summary>
    private void WriteDecoders(Utf8JsonWriter json)
    {
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        WriteObject(json, static json =>
        {
            json.WriteString("type", "Replace");
            json.WriteStartObject("pattern");
            json.WriteString("String", PreTokeniserJson.SpaceSign.ToString());
            json.WriteEndObject();
            json.WriteString("content", " ");
        });
        WriteObject(json, static json => json.WriteString("type", "ByteFallback"));
        WriteObject(json, static json => json.WriteString("type", "Fuse"));
        if (options.AddPrefixSpace)
            WriteObject(json, static json =>
            {
                json.WriteString("type", "Strip");
                json.WriteString("content", " ");
                json.WriteNumber("start", 1);
                json.WriteNumber("stop", 0);
            });
        json.WriteEndArray();
    }

    private void WriteTemplate(Utf8JsonWriter json)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        WriteParts(json, "A");
        json.WriteEndArray();
        json.WriteStartArray("pair");
        WriteParts(json, "A");
        WriteParts(json, "B");
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        foreach (string token in new[] { options.BeginToken, options.EndToken }.OfType<string>().Distinct())
        {
            json.WriteStartObject(token);
            json.WriteString("id", token);
            json.WriteStartArray("ids");
            json.WriteNumberValue(options.SpecialTokens.Index().First(one => one.Item == token).Index);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(token);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteParts(Utf8JsonWriter json, string text)
    {
        foreach (var (kind, id) in new[] { ("SpecialToken", options.BeginToken), ("Sequence", text), ("SpecialToken", options.EndToken) })
        {
            if (id is null) continue;
            WriteObject(json, json =>
            {
                json.WriteStartObject(kind);
                json.WriteString("id", id);
                json.WriteNumber("type_id", 0);
                json.WriteEndObject();
            });
        }
    }

    private static void WriteObject(Utf8JsonWriter json, Action<Utf8JsonWriter> members)
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }
}
