namespace Graft.Text.Tokenisers;

/// <summary>Finds out what a folder's tokeniser is made of.</summary>
internal static class TokeniserFolder
{
    public const string JsonName = "tokenizer.json", WordPieceName = "vocab.txt";
    private const string ModelConfig = "config.json";

    public static Tokeniser Open(string folder)
    {
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "there is no such folder");
        var files = new FolderFiles(folder);
        try
        {
            var settings = new TokeniserSettings(files.Settings(TokeniserSettings.ConfigFile), files.Settings(TokeniserSettings.SpecialsFile),
                files.Settings(TokeniserSettings.AddedFile));
            if (files.Has(TokeniserSettings.TemplateFile))
                settings.ChatTemplates[TokeniserSettings.DefaultTemplate] = (files.Text(TokeniserSettings.TemplateFile), TokeniserSettings.TemplateFile);
            var family = FamilyOf(files, settings);
            if (files.Json(JsonName) is { } json)
                return TokeniserJson.Read(json, files.PathOf(JsonName), settings, family, files.Read, files.PathOf(TokeniserSettings.ConfigFile));
            if (files.Has(WordPieceName)) return WordPieceFolder.Read(files, settings, family);
            if (MarianFolder.IsOne(files)) return MarianFolder.Read(files, settings);
            if (files.Has(BpeFolder.VocabularyName) && files.Has(BpeFolder.MergesName)) return BpeFolder.Read(files, settings, family);
            foreach (var (name, usual) in SentencePieceFolder.Names)
                if (files.Has(name)) return SentencePieceFolder.Read(files, settings, family, name, usual);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException and not CheckpointException)
        {
            throw new CheckpointException(folder, $"a file of its tokeniser cannot be read ({Printable.Text(exception.Message)})", exception);
        }
        throw new CheckpointException(
            folder, $"has no tokeniser: none of {JsonName}, {WordPieceName}, {BpeFolder.VocabularyName} with {BpeFolder.MergesName} or with {MarianFolder.SourceName}, "
            + string.Join(", ", SentencePieceFolder.Names.Select(static file => file.Name)));
    }

    public static Tokeniser Parse(ReadOnlyMemory<byte> json, string name) =>
        TokeniserJson.Read(JsonFile.Parse(json, name), name, new TokeniserSettings(null, null, null), null, [(JsonName, json.ToArray())], name);

    /// <summary>The family that was found, or the usual one where the settings name none.</summary>
    /// <exception cref="CheckpointException">They name one that is not known, or several would fit.</exception>
    public static TokeniserFamily Require(FolderFiles files, TokeniserSettings settings, TokeniserFamily? family, string? usual, string path)
    {
        if (family is not null) return family;
        string config = files.PathOf(TokeniserSettings.ConfigFile);
        if (settings.ClassName is { } name)
            throw new CheckpointException(config, $"'tokenizer_class' is {Printable.Text(name)}, which is not known here; known are {TokeniserFamily.Known}");
        return usual is null
            ? throw new CheckpointException(path, $"fits several models: say which by 'tokenizer_class' of {Printable.Whole(config)}")
            : TokeniserFamily.OfClass(usual)!;
    }

    /// <summary>The family that the settings name, else that of the model; null where neither says.</summary>
    private static TokeniserFamily? FamilyOf(FolderFiles files, TokeniserSettings settings)
    {
        if (settings.ClassName is { } name && TokeniserFamily.OfClass(name) is { } named) return named;
        return files.Has(ModelConfig) && JsonFile.Read(files.PathOf(ModelConfig)).Text("model_type") is { } type ? TokeniserFamily.OfModel(type) : null;
    }
}
