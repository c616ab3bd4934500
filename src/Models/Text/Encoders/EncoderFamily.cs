using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>A family of encoders by the hub's names, a row of <see cref="PretrainedModel"/>: what its weights are called and what its heads
/// are made of. All of them are BERT's layers.</summary>
/// <param name="ModelType">The <c>model_type</c> of its configs.</param>
/// <param name="ClassPrefix">What its classes begin with: <c>Bert</c> of <c>BertForMaskedLM</c>.</param>
/// <param name="TrunkKey">The key of the encoder within a model with a head.</param>
/// <param name="Read">Reads the sizes.</param>
internal sealed record EncoderFamily(string ModelType, string ClassPrefix, string TrunkKey, Func<HubConfig, EncoderConfig> Read) : ITextFamily
{
    private static readonly (TextHead Head, string Suffix)[] Suffixes =
    [
        (TextHead.None, "Model"),
        (TextHead.SequenceClassification, "ForSequenceClassification"),
        (TextHead.TokenClassification, "ForTokenClassification"),
        (TextHead.QuestionAnswering, "ForQuestionAnswering"),
        (TextHead.MultipleChoice, "ForMultipleChoice"),
        (TextHead.MaskedLanguageModel, "ForMaskedLM"),
        (TextHead.ReplacedTokenDetection, "ForPreTraining"),
    ];

    /// <summary>The keys of a layer.</summary>
    public LayerKeys LayerKeys { get; init; } = new();

    /// <summary>The layers' keys, a number being put behind.</summary>
    public string LayersKey { get; init; } = "encoder.layer";

    /// <summary>The key of the map from the embeddings' width to the encoder's; null where the two are one.</summary>
    public string? ProjectionKey { get; init; }

    /// <summary>Whether that map is there where the widths are the same too.</summary>
    public bool AlwaysProjects { get; init; }

    /// <summary>The key of the table of relative positions.</summary>
    public string RelativeKey { get; init; } = "encoder.relative_attention_bias";

    /// <summary>The key of the pooler's linear map; null where the family has none.</summary>
    public string? PoolerKey { get; init; } = "pooler.dense";

    /// <summary>Whether positions are counted over the tokens that are no padding, from the padding token's number + 1.</summary>
    public bool CountsPositions { get; init; }

    /// <summary>Whether attention's output is dropped out in training.</summary>
    public bool DropsAttention { get; init; } = true;

    /// <summary>Whether the perceptron's output is dropped out in training.</summary>
    public bool DropsPerceptron { get; init; } = true;

    /// <summary>A classifier of sequences.</summary>
    public SequenceHeadKeys Sequence { get; init; } = new();

    /// <summary>What rates one of several choices.</summary>
    public SequenceHeadKeys Choice { get; init; } = new();

    /// <summary>What tells the word of a place.</summary>
    public required LanguageHeadKeys Language { get; init; }

    /// <summary>The keys of what tells replaced tokens; null where the family has no such head.</summary>
    public (string Dense, string Output)? Detection { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Architectures => [.. Heads.Select(ClassOf)];

    /// <summary>The heads that can be made.</summary>
    public IEnumerable<TextHead> Heads => Suffixes.Select(static row => row.Head).Where(head => head != TextHead.ReplacedTokenDetection || Detection is not null);

    /// <summary>Hugging Face's class for a head.</summary>
    public string ClassOf(TextHead head) => ClassPrefix + Array.Find(Suffixes, row => row.Head == head).Suffix;

    /// <inheritdoc/>
    public TextHead HeadOf(string architecture) => Heads.First(head => ClassOf(head) == architecture);

    /// <inheritdoc/>
    public TextModel Create(TextHead? head, HubConfig config, IReadOnlyList<string>? labels, ulong seed, bool withoutDropout)
    {
        var sizes = Read(config);
        if (labels is not null) sizes = sizes with { Labels = labels.Count, LabelNames = labels };
        return Create(head ?? HeadOf(config.Architecture() ?? Architectures[0]), withoutDropout ? sizes.WithoutDropout() : sizes, seed);
    }

    /// <summary>The key of a layer, or of a layer of a shared set.</summary>
    public string LayerKey(EncoderConfig config, int layer) => config.SharedGroups == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{LayersKey}.{layer}")
        : string.Create(CultureInfo.InvariantCulture, $"{LayersKey}.{layer / config.LayersInGroup}.albert_layers.{layer % config.LayersInGroup}");

    /// <summary>Makes the model of a head.</summary>
    /// <exception cref="ArgumentException">The family has no such head.</exception>
    public TextModel Create(TextHead head, EncoderConfig config, ulong seed) => head switch
    {
        TextHead.None => new EncoderModel(config) { Seed = seed },
        TextHead.SequenceClassification => new EncoderForSequenceClassification(config) { Seed = seed },
        TextHead.TokenClassification => new EncoderForTokenClassification(config) { Seed = seed },
        TextHead.QuestionAnswering => new EncoderForQuestionAnswering(config) { Seed = seed },
        TextHead.MultipleChoice => new EncoderForMultipleChoice(config) { Seed = seed },
        TextHead.MaskedLanguageModel => new EncoderForMaskedLM(config) { Seed = seed },
        TextHead.ReplacedTokenDetection when Detection is not null => new EncoderForReplacedTokens(config) { Seed = seed },
        _ => throw new ArgumentException($"the family '{ModelType}' has no head for {head}: its classes are {string.Join(", ", Architectures)}"),
    };
}

/// <summary>The keys within a layer; those of BERT where nothing else is said.</summary>
internal sealed record LayerKeys
{
    /// <summary>The module that query, key and value are within.</summary>
    public string Attention { get; init; } = "attention.self";

    public string Query { get; init; } = "query";

    public string Key { get; init; } = "key";

    public string Value { get; init; } = "value";

    /// <summary>What joins the heads.</summary>
    public string Joined { get; init; } = "attention.output.dense";

    public string AttentionNorm { get; init; } = "attention.output.LayerNorm";

    /// <summary>The perceptron's first map.</summary>
    public string Intermediate { get; init; } = "intermediate.dense";

    /// <summary>The perceptron's second map.</summary>
    public string Output { get; init; } = "output.dense";

    public string OutputNorm { get; init; } = "output.LayerNorm";
}

/// <summary>What turns the first token's state into logits: dropout and a linear map, behind the pooler or a layer of the head's own.</summary>
internal sealed record SequenceHeadKeys
{
    /// <summary>The head's own layer; null where it stands on the pooler.</summary>
    public string? Dense { get; init; }

    /// <summary>What follows that layer.</summary>
    public Activation? Activation { get; init; }

    /// <summary>Whether training drops out in front of that layer too.</summary>
    public bool DropsFirst { get; init; }

    public string Output { get; init; } = "classifier";
}

/// <summary>The keys of a language model's head: a linear map, a norm, and the words' embeddings as the last map.</summary>
/// <param name="Dense">The linear map.</param>
/// <param name="Norm">The norm.</param>
/// <param name="Decoder">The last map.</param>
/// <param name="Bias">The last map's bias.</param>
internal sealed record LanguageHeadKeys(string Dense, string Norm, string Decoder, string Bias)
{
    /// <summary>What follows the linear map; null for what the config names.</summary>
    public Activation? Activation { get; init; }

    /// <summary>Modules of other objectives that come with the family's own weights.</summary>
    public IReadOnlyList<string> Beside { get; init; } = [];
}
