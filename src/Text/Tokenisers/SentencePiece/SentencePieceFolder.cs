namespace Graft.Text.Tokenisers;

/// <summary>A folder with a file of SentencePiece: the pipeline that transformers converts it to.</summary>
internal static class SentencePieceFolder
{
    private const char Sign = PreTokeniserJson.SpaceSign;

    /// <summary>The names of such files, and the class whose they are where nothing says more.</summary>
    public static (string Name, string? Class)[] Names { get; } =
        [("sentencepiece.bpe.model", "XLMRoberta"), ("spiece.model", null), ("spm.model", "DebertaV2"), ("tokenizer.model", "Llama")];

    public static Tokeniser Read(FolderFiles files, TokeniserSettings settings, TokeniserFamily? family, string name, string? usual)
    {
        string path = files.PathOf(name);
        family = TokeniserFolder.Require(files, settings, family, usual, path);

        var file = new SentencePieceFile(files.Bytes(name), path);
        var (tokens, unknownId) = SentencePieceVocabulary.Of(file, family, settings);
        foreach (var (special, token) in family.Specials) settings.Default(special, token);
        var entries = tokens.Select(static (token, id) => (token.Token, id)).Where(static entry => entry.Token.Length > 0).ToList();
        var vocabulary = Vocabulary.Of(entries, entry => $"piece {entries[entry].id}", path);
        var specials = new SpecialTokens(files, settings, vocabulary, path, family.MaskStrips);
        settings.HasTokenTypes = settings.InputNames?.Contains("token_type_ids") ?? family.TokenTypes;
        bool llama = family.Class == "Llama";
        var pipeline = new Pipeline
        {
            Model = ModelOf(file, vocabulary, tokens, unknownId, llama || file.FallsBackToBytes),
            Normaliser = llama
                ? new NormaliserSequence([new PrependNormaliser(Sign.ToString()), new ReplaceNormaliser(new LiteralPattern(" "), Sign.ToString())])
                : new NormaliserSequence([.. Steps(file, family, settings)]),
            PreTokeniser = llama ? null : new MetaspacePreTokeniser(Sign, PrependScheme.Always, cuts: true),
            Decoder = llama
                ? new DecoderSequence([new ReplaceDecoder(new LiteralPattern(Sign.ToString()), " "), new ByteFallbackDecoder(), new FuseDecoder(), new StripDecoder(" ", 1, 0)])
                : new MetaspaceDecoder(Sign, dropsFirst: true),
            Template = specials.Frame(family.Framing),
            OddToLonger = true,
            Added = specials.Added,
        };
        return new Tokeniser(pipeline, settings, files.Read, path);
    }

    /// <summary>What cuts words into a file's pieces.</summary>
    public static TokenModel ModelOf(SentencePieceFile file, Vocabulary vocabulary, List<(string Token, double Score)> tokens, int unknown, bool fallsBackToBytes) => file.IsBytePair
        ? new BpeModel(vocabulary, SentencePieceMerges.Of(vocabulary, tokens), new BpeSettings { Unknown = unknown, FusesUnknown = true, FallsBackToBytes = fallsBackToBytes })
        : new UnigramModel(vocabulary, [.. tokens.Select(static token => token.Score)], unknown, file.FallsBackToBytes);

    /// <summary>What is done to a text before it is cut into words.</summary>
    public static IEnumerable<Normaliser> Steps(SentencePieceFile file, TokeniserFamily family, TokeniserSettings settings)
    {
        bool quotes = family.Class is "Albert" or "XLNet";
        if (quotes)
        {
            yield return new ReplaceNormaliser(new LiteralPattern("``"), "\"");
            yield return new ReplaceNormaliser(new LiteralPattern("''"), "\"");
            if (!(settings.Config?.Flag("keep_accents") ?? false))
            {
                yield return new UnicodeNormaliser(compatible: true, composes: false);
                yield return new StripAccentsNormaliser();
            }
        }
        if (settings.Config?.Flag("do_lower_case") ?? family.Class == "Albert") yield return new LowercaseNormaliser();
        if (file.CharsMap.Length > 0)
            yield return new CharsMapNormaliser(file.CharsMap, problem => new CheckpointException(file.Path, $"the table of its normaliser {problem}"));
        yield return new StripNormaliser(left: false, right: true);
        yield return new ReplaceNormaliser(new ExpressionPattern(" {2,}"), " ");
    }
}
