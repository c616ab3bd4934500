using Graft.Text;

namespace Graft.Tasks;

/// <summary>Makes a network over word vectors: its words are those of the texts and the first of the file.</summary>
internal static class WordModelMaker
{
    /// <exception cref="ArgumentException">The texts have no word, or a size is out of range.</exception>
    public static (WordModel Model, Tokeniser Tokeniser, WordCoverage Coverage) Make(WordEmbeddings vectors, IReadOnlyCollection<string> texts, WordModelOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinimumCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FurtherWords);
        bool lowerCase = !Enumerable.Range(0, vectors.Vectors.Count).Any(row => vectors.Vectors.Word(row).Any(char.IsUpper));
        var (split, vocabulary, coverage) = (options.Split is { } given ? [given] : new[] { WordSplit.Punctuation, WordSplit.WhiteSpace })
            .Select(way => Count(vectors, texts, way, lowerCase)).MaxBy(static way => way.Coverage.OccurrenceShare);

        var words = new List<string>();
        for (int word = 0; word < vocabulary.Count; word++)
            if (vocabulary.CountOf(word) >= options.MinimumCount || vectors.IndexOf(vocabulary.Words[word]) >= 0) words.Add(vocabulary.Words[word]);
        words.AddRange(Further(vectors.Vectors, vocabulary, split, lowerCase).Take(options.FurtherWords));
        var tokeniser = WordTokeniser.Make(words, split, lowerCase);
        var tokens = WordTokeniser.Tokens(tokeniser);
        var config = new WordModelConfig
        {
            VocabularySize = tokens.Count,
            EmbeddingSize = vectors.Vectors.Dimension,
            PaddingToken = tokeniser.PaddingId!.Value,
            Dropout = options.Dropout,
            HiddenSize = options.Kind == WordModelKind.Bag ? options.HiddenSize : 0,
            Widths = options.Widths,
            Filters = options.Filters,
        };
        WordModel model = options.Kind == WordModelKind.Bag ? new BagOfVectors(config) { Seed = options.Seed } : new TextCnn(config) { Seed = options.Seed };
        vectors.Fill(model.Embeddings, tokens, options.Unknown, config.PaddingToken, options.Seed);
        // its answers mean nothing before it has learnt
        model.IsHeadNew = true;
        return (model, tokeniser, coverage);
    }

    private static (WordSplit Split, WordVocabulary Vocabulary, WordCoverage Coverage) Count(
        WordEmbeddings vectors, IReadOnlyCollection<string> texts, WordSplit split, bool lowerCase)
    {
        var vocabulary = WordVocabulary.Of(texts.Select(text => WordTokeniser.Words(text, split, lowerCase)));
        return (split, vocabulary, vectors.Coverage(vocabulary));
    }

    /// <summary>The words of the file that the texts lack and that the tokeniser makes one token of.</summary>
    private static IEnumerable<string> Further(WordVectors vectors, WordVocabulary vocabulary, WordSplit split, bool lowerCase)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int row = 0; row < vectors.Count; row++)
        {
            string word = vectors.Word(row);
            if (vocabulary.IndexOf(word) < 0 && WordTokeniser.Words(word, split, lowerCase) is [var only] && only == word && seen.Add(word)) yield return word;
        }
    }
}
