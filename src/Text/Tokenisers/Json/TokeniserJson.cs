namespace Graft.Text.Tokenisers;

/// <summary>A <c>tokenizer.json</c>: Hugging Face's tokenizers writes the whole pipeline into it.</summary>
internal static class TokeniserJson
{
    // the usual spellings of special tokens, for a file that stands alone
    private static readonly (string Name, string[] Spellings)[] Usual =
    [
        ("pad_token", ["[PAD]", "<pad>", "<|pad|>"]),
        ("unk_token", ["[UNK]", "<unk>"]),
        ("cls_token", ["[CLS]", "<cls>"]),
        ("sep_token", ["[SEP]", "<sep>"]),
        ("mask_token", ["[MASK]", "<mask>"]),
        ("bos_token", ["<s>", "<|begin_of_text|>", "<|startoftext|>", "<bos>"]),
        ("eos_token", ["</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>"]),
    ];

    /// <summary>Reads it.</summary>
    /// <param name="json">The object that it holds.</param>
    /// <param name="file">The file's name.</param>
    /// <param name="settings">What the files beside it say.</param>
    /// <param name="family">The class that they name; null for none.</param>
    /// <param name="files">All files read, to be saved.</param>
    /// <param name="configFile">What to call the settings' file.</param>
    public static Tokeniser Read(JsonObjectReader json, string file, TokeniserSettings settings, TokeniserFamily? family, IReadOnlyList<(string, byte[])> files, string configFile)
    {
        var root = new Component(json, file, "");
        RequireSameCase(root, settings, configFile);
        var model = ModelJson.Read(root);
        var added = AddedOf(root, model.Vocabulary, settings, configFile);
        var ids = added.ToDictionary(static token => token.Content, static token => token.Id, StringComparer.Ordinal);
        if (settings.Specials.Count == 0)
            foreach (var (name, spellings) in Usual)
                if (Array.Find(spellings, ids.ContainsKey) is { } spelling) settings.Default(name, spelling);

        var post = PostProcessing.All.Read(root, "post_processor");
        var template = post?.Template ?? Template.Bare;
        RequireTokens(template, model.Vocabulary, added, root);
        settings.HasTokenTypes = settings.InputNames?.Contains("token_type_ids")
            ?? family?.TokenTypes ?? (model is WordPieceModel && template.Pair.Any(static part => part.Type > 0));
        var preTokeniser = PreTokeniserJson.Read(root, settings.Config?.Flag("add_prefix_space"));
        var pipeline = new Pipeline
        {
            Model = model,
            Normaliser = NormaliserJson.All.Read(root, "normalizer"),
            PreTokeniser = preTokeniser,
            SpacesWords = preTokeniser is ByteLevelPreTokeniser,
            Template = template,
            TrimsRanges = post?.TrimsRanges ?? false,
            Decoder = DecoderJson.All.Read(root, "decoder"),
            OddToLonger = true,
            Added = added,
        };
        return new Tokeniser(pipeline, settings, files, file);
    }

    private static List<AddedToken> AddedOf(Component root, Vocabulary vocabulary, TokeniserSettings settings, string configFile)
    {
        var added = new List<AddedToken>();
        var byContent = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        if (root.Json.TryGet("added_tokens", out _))
            foreach (var component in root.All("added_tokens"))
            {
                var token = TokeniserSettings.AddedOf(component.Json, component.Integer("id"), component.Json.Flag("special") ?? false);
                Require(token, vocabulary, byContent, problem => component.Json.Wrong("id", problem), $"{component.File}");
                if (byContent.TryAdd(token.Content, token)) added.Add(token);
            }
        foreach (var token in settings.AddedTokens)
        {
            Require(token, vocabulary, byContent, problem => new CheckpointException(configFile, $"the number of '{Printable.Text(token.Content)}' {problem}"), Printable.Whole(root.File));
            if (byContent.TryAdd(token.Content, token)) added.Add(token);
        }
        return added;
    }

    private static void Require(AddedToken token, Vocabulary vocabulary, Dictionary<string, AddedToken> known, Func<string, CheckpointException> fail, string file)
    {
        if (token.Id < 0 || token.Id > 2L * vocabulary.Size + 65536) throw fail($"is {token.Id} beside a vocabulary of {vocabulary.Size}");
        if (vocabulary.IdOf(token.Content) is { } id && id != token.Id) throw fail($"is {token.Id}, and {id} in the vocabulary of {file}");
        if (vocabulary[token.Id] is { } other && other != token.Content) throw fail($"is {token.Id}, which is '{Printable.Text(other)}' in the vocabulary of {file}");
        if (known.TryGetValue(token.Content, out var earlier) && earlier.Id != token.Id) throw fail($"is {token.Id}, and {earlier.Id} in 'added_tokens' of {file}");
    }

    private static void RequireTokens(Template template, Vocabulary vocabulary, List<AddedToken> added, Component root)
    {
        foreach (int id in template.Single.Concat(template.Pair).SelectMany(static part => part.Ids))
            if (vocabulary[id] is null && added.TrueForAll(token => token.Id != id))
                throw root.Json.Wrong("post_processor", $"puts token {id} around texts, and neither 'model.vocab' nor 'added_tokens' has it");
    }

    /// <summary>Refuses settings that lower letters where the pipeline does not, or the other way round.</summary>
    private static void RequireSameCase(Component root, TokeniserSettings settings, string configFile)
    {
        if (settings.Config?.Flag("do_lower_case") is not { } lowers || root.Inner("normalizer") is not { } normaliser) return;
        var steps = normaliser.Json.Text("type") == "Sequence" ? normaliser.All("normalizers") : [normaliser];
        foreach (var step in steps)
            if (step.Json.Text("type") == "BertNormalizer" && step.Json.Flag("lowercase") is { } said && said != lowers)
                throw new CheckpointException(configFile, $"'do_lower_case' is {(lowers ? "true" : "false")}, "
                    + $"and '{step.Path}.lowercase' of {Printable.Whole(root.File)} is {(said ? "true" : "false")}: "
                    + "one of them belongs to another model");
    }
}
