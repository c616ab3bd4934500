using System.Globalization;

namespace Graft.Text.Tokenisers;

/// <summary>A folder with <c>vocab.txt</c>: BERT's tokeniser as transformers has it in Python.</summary>
internal static class WordPieceFolder
{
    private const string Prefix = "##";

    /// <summary>The most letters of a word that is looked up.</summary>
    public const int LongestWord = 100;

    public static Tokeniser Read(FolderFiles files, TokeniserSettings settings, TokeniserFamily? family)
    {
        string path = files.PathOf(TokeniserFolder.WordPieceName);
        family = TokeniserFolder.Require(files, settings, family, "Bert", path);
        foreach (var (special, token) in family.Specials) settings.Default(special, token);

        var vocabulary = VocabularyOf(files.Text(TokeniserFolder.WordPieceName), path);
        var specials = new SpecialTokens(files, settings, vocabulary, path, family.MaskStrips);
        int unknown = specials.Require("unk_token");
        bool lowers = settings.Config?.Flag("do_lower_case") ?? true, basic = settings.Config?.Flag("do_basic_tokenize") ?? true;
        bool strips = settings.Config?.Flag("strip_accents") ?? lowers, spaces = settings.Config?.Flag("tokenize_chinese_chars") ?? true;
        var whole = settings.Config?.Texts("never_split") is { Count: > 0 } words && basic ? words.ToHashSet(StringComparer.Ordinal) : null;
        settings.HasTokenTypes = settings.InputNames?.Contains("token_type_ids") ?? family.TokenTypes;
        var pipeline = new Pipeline
        {
            Model = new WordPieceModel(vocabulary, Prefix, unknown, LongestWord, whole),
            Normaliser = basic ? NormaliserOf(spaces, strips, lowers) : null,
            PreTokeniser = basic ? new BertPreTokeniser(whole, python: true) : new SpaceCutter(separators: true),
            Template = specials.Frame(family.Framing),
            Decoder = new WordPieceDecoder(Prefix, cleans: false),
            TrimsDecoded = true,
            Added = specials.Added,
        };
        return new Tokeniser(pipeline, settings, files.Read, path);
    }

    /// <summary>What is done to a text before it is cut into words.</summary>
    public static Normaliser NormaliserOf(bool spaces, bool strips, bool lowers) => new NormaliserSequence(
    [
        new BertNormaliser(clean: true, spaces, stripsAccents: false, lowers: false, python: true),
        new UnicodeNormaliser(compatible: false, composes: true, python: true),
        new BertNormaliser(clean: false, spacesIdeographs: false, strips, lowers, python: true),
    ]);

    private static Vocabulary VocabularyOf(string text, string path)
    {
        var entries = new List<(string, int)>();
        var lines = new List<int>();
        int line = 0;
        foreach (var range in text.AsSpan().SplitAny("\n\r"))
        {
            int start = range.Start.Value, end = range.End.Value;
            // the end of a line as Windows writes it is one
            if (start == end && start > 0 && start < text.Length && text[start - 1] == '\r' && text[start] == '\n') continue;
            if (start < end)
            {
                entries.Add((text[start..end], line));
                lines.Add(line + 1);
            }
            line++;
        }
        if (entries.Count == 0) throw new CheckpointException(path, "is empty");
        return Vocabulary.Of(entries, entry => string.Create(CultureInfo.InvariantCulture, $"line {lines[entry]}"), path);
    }
}
