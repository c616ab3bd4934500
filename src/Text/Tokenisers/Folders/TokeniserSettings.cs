using System.Text.Json;

namespace Graft.Text.Tokenisers;

/// <summary>What the small files beside a vocabulary say: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>added_tokens.json</c>.</summary>
internal sealed class TokeniserSettings
{
    public const string ConfigFile = "tokenizer_config.json", SpecialsFile = "special_tokens_map.json", AddedFile = "added_tokens.json", TemplateFile = "chat_template.jinja";

    /// <summary>The name of the template that is meant where none is named.</summary>
    public const string DefaultTemplate = "default";

    // what transformers writes where there is no limit is about 1e30
    private const double NoLimit = 1e9;
    private static readonly string[] SpecialNames = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token", "bos_token", "eos_token"];

    private readonly Dictionary<string, AddedToken> addedTokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> specials = new(StringComparer.Ordinal);

    /// <summary>Reads what there is of the three.</summary>
    public TokeniserSettings(JsonObjectReader? config, JsonObjectReader? specialsMap, JsonObjectReader? addedMap)
    {
        Config = config;
        if (config is { } settings)
        {
            ClassName = settings.Text("tokenizer_class");
            if (settings.Number("model_max_length") is { } most)
                MaximumLength = most >= NoLimit ? null : most >= 1 && most == Math.Floor(most) ? (int)most : throw settings.Wrong("model_max_length", $"is {most}, not a length");
            PadsLeft = IsLeft(settings, "padding_side");
            TruncatesLeft = IsLeft(settings, "truncation_side");
            if (settings.Flag("clean_up_tokenization_spaces") is { } cleans) CleansSpaces = cleans;
            ReadTemplates(settings);
            if (settings.Texts("model_input_names") is { } names) InputNames = names;
            ReadSpecials(settings, ConfigFile);
            if (settings.Object("added_tokens_decoder") is { } decoder) ReadAdded(decoder);
        }
        if (specialsMap is { } map) ReadSpecials(map, SpecialsFile);
        if (addedMap is { } plain) ReadPlain(plain);
    }

    /// <summary><c>tokenizer_config.json</c>; null where there is none.</summary>
    public JsonObjectReader? Config { get; }

    public string? ClassName { get; }

    public int? MaximumLength { get; }

    public bool PadsLeft { get; }

    public bool TruncatesLeft { get; }

    public bool CleansSpaces { get; init; } = true;

    public IReadOnlyList<string>? InputNames { get; }

    public bool HasTokenTypes { get; set; }

    /// <summary>Special tokens by their names: <c>pad_token</c>.</summary>
    public IReadOnlyDictionary<string, string> Specials => specials;

    /// <summary>Special tokens that have no name of their own.</summary>
    public List<string> FurtherSpecials { get; } = [];

    /// <summary>Chat templates by their names, each with the file that it is of.</summary>
    public Dictionary<string, (string Template, string File)> ChatTemplates { get; } = new(StringComparer.Ordinal);

    /// <summary>How special tokens are looked for, where a file says more of them than their text.</summary>
    public Dictionary<string, AddedToken> Described { get; } = new(StringComparer.Ordinal);

    /// <summary>Added tokens whose numbers are stated.</summary>
    public IReadOnlyCollection<AddedToken> AddedTokens => addedTokens.Values;

    /// <summary>Gives a special token that no file names its usual text.</summary>
    public void Default(string name, string token) => specials.TryAdd(name, token);

    /// <summary>An added token as a member of JSON describes it.</summary>
    public static AddedToken AddedOf(JsonObjectReader reader, int id, bool special) => new(
        reader.Text("content") ?? throw reader.Missing("content"), id, reader.Flag("single_word") ?? false, reader.Flag("lstrip") ?? false,
        reader.Flag("rstrip") ?? false, reader.Flag("normalized") ?? !special, special);

    private static bool IsLeft(JsonObjectReader settings, string name) => settings.Text(name) switch
    {
        null or "right" => false,
        "left" => true,
        var other => throw settings.Wrong(name, $"is '{Printable.Text(other)}', not left or right"),
    };

    /// <summary>A template, or a list of templates with a name each.</summary>
    private void ReadTemplates(JsonObjectReader settings)
    {
        const string Member = "chat_template";
        if (!settings.TryGet(Member, out var value)) return;
        if (value.ValueKind == JsonValueKind.String) ChatTemplates[DefaultTemplate] = (value.GetString()!, ConfigFile);
        else if (value.ValueKind != JsonValueKind.Array) throw settings.Wrong(Member, value, "a template or a list of templates");
        else
            foreach (var item in value.EnumerateArray())
            {
                var named = item.ValueKind == JsonValueKind.Object ? new JsonObjectReader(item, ConfigFile, Member) : throw settings.Wrong(Member, item, "a template with its name");
                ChatTemplates[named.Text("name") ?? throw named.Missing("name")] = (named.Text("template") ?? throw named.Missing("template"), ConfigFile);
            }
    }

    private void ReadSpecials(JsonObjectReader reader, string file)
    {
        foreach (string name in SpecialNames)
        {
            if (!reader.TryGet(name, out var value)) continue;
            specials.TryAdd(name, value.ValueKind == JsonValueKind.String ? value.GetString()! : Describe(reader.Object(name)!.Value));
        }
        if (!reader.TryGet("additional_special_tokens", out var further)) return;
        if (further.ValueKind != JsonValueKind.Array) throw reader.Wrong("additional_special_tokens", further, "a list of tokens");
        foreach (var item in further.EnumerateArray())
        {
            string text = item.ValueKind == JsonValueKind.String ? item.GetString()! : item.ValueKind == JsonValueKind.Object
                ? Describe(new JsonObjectReader(item, file, "additional_special_tokens")) : throw reader.Wrong("additional_special_tokens", item, "a token");
            if (!FurtherSpecials.Contains(text)) FurtherSpecials.Add(text);
        }
    }

    private string Describe(JsonObjectReader reader)
    {
        var token = AddedOf(reader, -1, special: true);
        Described.TryAdd(token.Content, token);
        return token.Content;
    }

    private void ReadAdded(JsonObjectReader decoder)
    {
        foreach (var member in decoder.Element.EnumerateObject())
        {
            if (!int.TryParse(member.Name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int id))
                throw decoder.Wrong(Printable.Text(member.Name), "is not a token's number");
            var reader = decoder.Object(member.Name) ?? throw decoder.Missing(member.Name);
            var token = AddedOf(reader, id, reader.Flag("special") ?? false);
            if (!addedTokens.TryAdd(token.Content, token) && addedTokens[token.Content].Id != id)
                throw decoder.Wrong(Printable.Text(member.Name), $"and '{addedTokens[token.Content].Id}' are both the token '{Printable.Text(token.Content)}'");
        }
    }

    private void ReadPlain(JsonObjectReader map)
    {
        foreach (var member in map.Element.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out int id) || id < 0)
                throw map.Wrong(Printable.Text(member.Name), member.Value, "a token's number");
            if (addedTokens.TryGetValue(member.Name, out var known) && known.Id != id)
                throw map.Wrong(Printable.Text(member.Name), $"is {id}, and {known.Id} in {ConfigFile}");
            bool special = specials.ContainsValue(member.Name) || FurtherSpecials.Contains(member.Name);
            addedTokens.TryAdd(member.Name, Described.TryGetValue(member.Name, out var told)
                ? told with { Id = id } : new AddedToken(member.Name, id, Normalised: !special, Special: special));
        }
    }
}
