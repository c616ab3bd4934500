namespace Graft.Models;

/// <summary>A family of decoders by the hub's names, a row of <see cref="PretrainedModel"/>.</summary>
/// <param name="ModelType">The <c>model_type</c> of its configs.</param>
/// <param name="Bare">The class of the decoder alone.</param>
/// <param name="Causal">The class with a language model's head.</param>
/// <param name="TrunkKey">The key of the decoder within a model with a head.</param>
/// <param name="Read">Reads the settings, without dropout where it is told so.</param>
internal sealed record DecoderFamily(string ModelType, string Bare, string Causal, string TrunkKey, Func<HubConfig, bool, IDecoderConfig> Read) : ITextFamily
{
    public IReadOnlyList<string> Architectures { get; } = [Bare, Causal];

    public TextHead HeadOf(string architecture) => architecture == Causal ? TextHead.CausalLanguageModel : TextHead.None;

    public string ClassOf(TextHead head) => head switch
    {
        TextHead.None => Bare,
        TextHead.CausalLanguageModel => Causal,
        _ => throw new ArgumentException($"the family '{ModelType}' has no head for {head}: its classes are {string.Join(", ", Architectures)}"),
    };

    public TextModel Create(TextHead? head, HubConfig config, IReadOnlyList<string>? labels, ulong seed, bool withoutDropout) =>
        Create(head ?? HeadOf(config.Architecture() ?? Bare), Read(config, withoutDropout), seed);

    public static TextModel Create(TextHead head, IDecoderConfig config, ulong seed) => head == TextHead.CausalLanguageModel
        ? new CausalLanguageModel(config) { Seed = seed } : new DecoderModel(config, head) { Seed = seed };
}

/// <summary>What a decoder is made of.</summary>
internal interface IDecoderConfig
{
    DecoderFamily Family { get; }

    TextModelSizes Sizes { get; }

    float InitializerRange { get; }

    /// <summary>Whether the words' embeddings are the last map too.</summary>
    bool TieWordEmbeddings { get; }

    /// <summary>The config that it was read from; null for none.</summary>
    JsonObjectReader? Members { get; }

    DecoderTrunk MakeTrunk();
}
