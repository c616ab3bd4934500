namespace Graft.Text.Tokenisers;

/// <summary>A folder of Marian (OPUS-MT): <c>source.spm</c> cuts texts into pieces and <c>target.spm</c> what is made of them; <c>vocab.json</c> numbers the pieces of both.</summary>
internal static class MarianFolder
{
    public const string SourceName = "source.spm", TargetName = "target.spm";
    private const char Sign = PreTokeniserJson.SpaceSign;

    public static bool IsOne(FolderFiles files) => files.Has(SourceName) && files.Has(BpeFolder.VocabularyName);

    public static Tokeniser Read(FolderFiles files, TokeniserSettings settings)
    {
        if (settings.Config?.Flag("separate_vocabs") ?? false)
            throw settings.Config!.Value.Wrong("separate_vocabs", "is true, and models with a vocabulary for each side are not built");
        string path = files.PathOf(BpeFolder.VocabularyName);
        var family = TokeniserFamily.OfClass("Marian")!;
        foreach (var (special, token) in family.Specials) settings.Default(special, token);
        var vocabulary = ModelJson.VocabularyOf(files.Json(BpeFolder.VocabularyName)!.Value, path, "");
        // what a text begins with where a model writes several languages
        foreach (string code in Enumerable.Range(0, vocabulary.Size).Select(id => vocabulary[id]).OfType<string>().Where(IsLanguage))
            if (!settings.FurtherSpecials.Contains(code)) settings.FurtherSpecials.Add(code);
        var specials = new SpecialTokens(files, settings, vocabulary, path, family.MaskStrips);
        settings.HasTokenTypes = settings.InputNames?.Contains("token_type_ids") ?? family.TokenTypes;
        var source = Of(SourceName);
        return files.Has(TargetName) ? source.With(Of(TargetName)) : source;

        Tokeniser Of(string name)
        {
            var file = new SentencePieceFile(files.Bytes(name), files.PathOf(name));
            var pieces = file.Pieces.ConvertAll(static piece => (piece.Piece, (double)piece.Score));
            var entries = pieces.Select(static (piece, id) => (piece.Piece, id)).Where(static entry => entry.Piece.Length > 0).ToList();
            var own = Vocabulary.Of(entries, entry => $"piece {entries[entry].id}", file.Path);
            return new Tokeniser(new Pipeline
            {
                Model = new RenumberedModel(SentencePieceFolder.ModelOf(file, own, pieces, file.UnknownId, file.FallsBackToBytes), vocabulary, specials.Require("unk_token")),
                Normaliser = new NormaliserSequence([.. SentencePieceFolder.Steps(file, family, settings)]),
                PreTokeniser = new MetaspacePreTokeniser(Sign, PrependScheme.Always, cuts: true),
                Decoder = new MetaspaceDecoder(Sign, dropsFirst: true),
                Template = specials.Frame(family.Framing),
                OddToLonger = true,
                Added = specials.Added,
            }, settings, files.Read, path);
        }
    }

    private static bool IsLanguage(string token) => token.Length > 4 && token.StartsWith(">>", StringComparison.Ordinal) && token.EndsWith("<<", StringComparison.Ordinal);
}
