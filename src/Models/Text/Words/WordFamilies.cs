using System.Text.Json;

namespace Graft.Models;

/// <summary>Networks over word vectors by what <c>config.json</c> calls them.</summary>
internal static class WordFamilies
{
    private const string Vocabulary = "vocab_size", Embedding = "embedding_size", Hidden = "hidden_size", Length = "max_position_embeddings", Padding = "pad_token_id",
        Dropped = "classifier_dropout", WidthList = "filter_sizes", Filters = "num_filters";

    private const int MostFilters = 1 << 16;

    private static readonly (string Type, string Class, Func<WordModelConfig, ulong, WordModel> Make)[] Families =
    [
        (BagOfVectors.TypeName, BagOfVectors.ClassName, static (config, seed) => new BagOfVectors(config) { Seed = seed }),
        (TextCnn.TypeName, TextCnn.ClassName, static (config, seed) => new TextCnn(config) { Seed = seed }),
    ];

    public static IEnumerable<string> Architectures => Families.Select(static family => family.Class);

    /// <summary>Whether a config is of such a network.</summary>
    public static bool Knows(HubConfig config) => Find(config) >= 0;

    /// <summary>Makes the model that a config names, with initial values; null where it is of another kind.</summary>
    /// <param name="config">What <c>config.json</c> says.</param>
    /// <param name="head">The head that is wanted; null for the config's own.</param>
    /// <param name="labels">The names of the labels; null for those of the config.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <param name="withoutDropout">Whether dropout is left out of training passes too.</param>
    /// <exception cref="ArgumentException">The head is another than a classifier of sequences.</exception>
    /// <exception cref="CheckpointException">A setting is out of range.</exception>
    public static WordModel? Create(HubConfig config, TextHead? head, IReadOnlyList<string>? labels, ulong seed, bool withoutDropout)
    {
        int at = Find(config);
        if (at < 0) return null;
        var (type, _, make) = Families[at];
        if (head is not (null or TextHead.SequenceClassification)) throw new ArgumentException($"the family '{type}' classifies sequences and has no head for {head}");
        int vocabulary = config.Count(Vocabulary, 1, int.MaxValue);
        var names = labels ?? config.LabelNames();
        var sizes = new WordModelConfig
        {
            VocabularySize = vocabulary,
            EmbeddingSize = config.Count(Embedding, 300, HubConfig.MostWidth),
            HiddenSize = config.Members.TryGet(Hidden, out var hidden) && !IsZero(hidden) ? config.Count(Hidden, 1, HubConfig.MostWidth) : 0,
            Labels = names?.Count ?? config.LabelCount(),
            LabelNames = names,
            MaximumLength = config.Count(Length, 2048),
            PaddingToken = config.TokenOrNone(Padding, 0, vocabulary) ?? 0,
            Dropout = withoutDropout ? 0 : config.Share(Dropped, 0.5f),
            Widths = config.Counts(WidthList, [3, 4, 5], 1024),
            Filters = config.Count(Filters, 100, MostFilters),
        };
        var model = make(sizes, seed);
        model.ProblemType = HubConfig.ProblemName(config.Problem("problem_type"));
        return model;
    }

    /// <summary>The members of <c>config.json</c> that say the sizes.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Members(WordModelConfig config)
    {
        using var document = JsonDocument.Parse(JsonFile.Format(writer =>
        {
            writer.WriteNumber(Vocabulary, config.VocabularySize);
            writer.WriteNumber(Embedding, config.EmbeddingSize);
            writer.WriteNumber(Hidden, config.HiddenSize);
            writer.WriteNumber(Length, config.MaximumLength);
            writer.WriteNumber(Padding, config.PaddingToken);
            writer.WriteNumber(Dropped, config.Dropout);
            writer.WriteStartArray(WidthList);
            foreach (int width in config.Widths) writer.WriteNumberValue(width);
            writer.WriteEndArray();
            writer.WriteNumber(Filters, config.Filters);
        }));
        return document.RootElement.EnumerateObject().ToDictionary(static member => member.Name, static member => member.Value.Clone(), StringComparer.Ordinal);
    }

    /// <summary>The same sizes with another number of labels.</summary>
    public static WordModelConfig With(WordModelConfig config, int labels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(labels);
        return labels == config.Labels ? config : config with { Labels = labels, LabelNames = null };
    }

    private static int Find(HubConfig config) => Array.FindIndex(Families, family => family.Type == config.ModelType() || family.Class == config.Architecture());

    private static bool IsZero(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number == 0;
}
