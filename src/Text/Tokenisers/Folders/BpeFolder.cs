namespace Graft.Text.Tokenisers;

/// <summary>A folder with <c>vocab.json</c> and <c>merges.txt</c>: GPT-2's byte-level encoding and RoBERTa's, as transformers has them in Python.</summary>
internal static class BpeFolder
{
    public const string VocabularyName = "vocab.json", MergesName = "merges.txt";

    public static Tokeniser Read(FolderFiles files, TokeniserSettings settings, TokeniserFamily? family)
    {
        string path = files.PathOf(VocabularyName), mergesPath = files.PathOf(MergesName);
        family = TokeniserFolder.Require(files, settings, family, "GPT2", path);
        var vocabulary = ModelJson.VocabularyOf(files.Json(VocabularyName)!.Value, path, "");
        foreach (var (special, token) in family.Specials)
            if (vocabulary.IdOf(token) is not null) settings.Default(special, token);
        var specials = new SpecialTokens(files, settings, vocabulary, path, family.MaskStrips);
        bool framed = family.Framing == Framing.Roberta, spaces = settings.Config?.Flag("add_prefix_space") ?? false;
        settings.HasTokenTypes = settings.InputNames?.Contains("token_type_ids") ?? family.TokenTypes;
        var pipeline = new Pipeline
        {
            Model = new BpeModel(vocabulary, MergesOf(files.Text(MergesName), vocabulary, mergesPath, path), new BpeSettings { Unknown = specials.Find("unk_token") }),
            PreTokeniser = new ByteLevelPreTokeniser(spaces: false, cuts: true),
            LeadingSpace = !spaces ? LeadingSpace.None : framed ? LeadingSpace.Missing : LeadingSpace.Always,
            SpacesWords = true,
            TrimsRanges = true,
            Template = specials.Frame(family.Framing),
            Decoder = new ByteLevelDecoder(),
            Added = specials.Added,
        };
        return new Tokeniser(pipeline, settings, files.Read, path);
    }

    private static Dictionary<long, (int Rank, int Id)> MergesOf(string text, Vocabulary vocabulary, string path, string vocabularyPath)
    {
        string[] lines = text.Split('\n');
        var merges = new MergeTable(vocabulary, "", lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (line.Length == 0 || i == 0 && line.StartsWith("#version", StringComparison.Ordinal)) continue;
            var (left, right) = MergeTable.PairOf(line) ?? throw new CheckpointException(path, $"line {i + 1} is '{Printable.Text(line)}', not two tokens");
            if (merges.Add(left, right) is { } problem) throw new CheckpointException(path, $"line {i + 1} {problem}, which {Printable.Whole(vocabularyPath)} does not have");
        }
        return merges.Merges;
    }
}
