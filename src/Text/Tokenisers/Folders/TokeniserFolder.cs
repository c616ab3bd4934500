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
            var settings = new TokeniserSettings(files.Json(TokeniserSettings.ConfigFile), files.Json(TokeniserSettings.SpecialsFile), files.Json(TokeniserSettings.AddedFile));
            var family = FamilyOf(files, settings);
            if (files.Has(WordPieceName)) return WordPieceFolder.Read(files, settings, family);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException and not CheckpointException)
        {
            throw new CheckpointException(folder, $"a file of its tokeniser cannot be read ({Printable.Text(exception.Message)})", exception);
        }
        throw new CheckpointException(folder, $"has no tokeniser: none of {WordPieceName}");
    }

    public static Tokeniser Parse(ReadOnlyMemory<byte> json, string name) => throw new CheckpointException(name, "is of no kind that is known");

    /// <summary>The family that the settings name, else that of the model; null where neither says.</summary>
    private static TokeniserFamily? FamilyOf(FolderFiles files, TokeniserSettings settings)
    {
        if (settings.ClassName is { } name && TokeniserFamily.OfClass(name) is { } named) return named;
        return files.Has(ModelConfig) && JsonFile.Read(files.PathOf(ModelConfig)).Text("model_type") is { } type ? TokeniserFamily.OfModel(type) : null;
    }
}
