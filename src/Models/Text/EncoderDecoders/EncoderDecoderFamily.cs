namespace Graft.Models;

/// <summary>A family of encoder-decoders by the hub's names, a row of <see cref="PretrainedModel"/>: what its weights are called and what its layers are
/// made of. All of them are the Transformer's layers (Vaswani et al. 2017).</summary>
/// <param name="ModelType">The <c>model_type</c> of its configs.</param>
/// <param name="BareClass">The class without a head.</param>
/// <param name="HeadClass">The class that writes.</param>
/// <param name="Read">Reads the sizes.</param>
internal sealed record EncoderDecoderFamily(string ModelType, string BareClass, string HeadClass, Func<HubConfig, EncoderDecoderConfig> Read) : ITextFamily
{
    /// <summary>The key of all but the head within a model with a head; null where there is none.</summary>
    public string? TrunkKey { get; init; } = "model";

    /// <summary>The keys of an encoder's layer.</summary>
    public TransformerKeys EncoderKeys { get; init; } = new();

    /// <summary>The keys of a decoder's layer.</summary>
    public TransformerKeys DecoderKeys { get; init; } = new();

    /// <summary>The layers' keys, a number being put behind.</summary>
    public string LayersKey { get; init; } = "layers";

    /// <summary>The key of the table of positions.</summary>
    public string PositionsKey { get; init; } = "embed_positions";

    /// <summary>How many rows of a learnt table of positions are of no place.</summary>
    public int FirstPosition { get; init; } = 2;

    /// <summary>What the positions are.</summary>
    public PositionKind Positions { get; init; } = PositionKind.Learnt;

    /// <summary>The key of a norm behind the embeddings; null for none.</summary>
    public string? EmbeddingNormKey { get; init; }

    /// <summary>The key of a norm behind the last layer; null for none.</summary>
    public string? FinalNormKey { get; init; }

    /// <summary>Whether each part of a layer is behind its norm; else the norm is behind its sum with the input.</summary>
    public bool NormsFirst { get; init; }

    /// <summary>Whether norms subtract the mean and have a bias.</summary>
    public bool HasMeanNorms { get; init; } = true;

    /// <summary>Whether linear maps have biases.</summary>
    public bool HasBiases { get; init; } = true;

    /// <summary>Whether the map to keys has one too.</summary>
    public bool HasKeyBias { get; init; } = true;

    /// <summary>Whether the maps to queries and values have one too.</summary>
    public bool HasQueryAndValueBias { get; init; } = true;

    /// <summary>Whether the padding token's embedding learns nothing as an input.</summary>
    public bool PaddingIsFixed { get; init; } = true;

    /// <summary>Whether there is a number for each word that is added to its logit and never learnt.</summary>
    public bool HasLogitsBias { get; init; } = true;

    /// <inheritdoc/>
    public IReadOnlyList<string> Architectures => [BareClass, HeadClass];

    /// <inheritdoc/>
    public TextHead HeadOf(string architecture) => architecture == HeadClass ? TextHead.SequenceToSequence : TextHead.None;

    /// <summary>Hugging Face's class for a head.</summary>
    /// <exception cref="ArgumentException">The family has no such head.</exception>
    public string ClassOf(TextHead head) => head switch
    {
        TextHead.None => BareClass,
        TextHead.SequenceToSequence => HeadClass,
        _ => throw new ArgumentException($"the family '{ModelType}' has no head for {head}: its classes are {string.Join(", ", Architectures)}"),
    };

    /// <inheritdoc/>
    public TextModel Create(TextHead? head, HubConfig config, IReadOnlyList<string>? labels, ulong seed, bool withoutDropout)
    {
        var sizes = Read(config);
        if (head is null && config.Architecture() is null) head = TextHead.SequenceToSequence;
        return new EncoderDecoderModel(withoutDropout ? sizes.WithoutDropout() : sizes, head ?? HeadOf(config.Architecture()!)) { Seed = seed };
    }
}

/// <summary>What tells places apart.</summary>
internal enum PositionKind
{
    /// <summary>Distances alone, in attention's scores.</summary>
    None,

    /// <summary>A learnt table, whose first two rows are of no place.</summary>
    Learnt,

    /// <summary>Sines in the first half and cosines in the second, which no file needs to have.</summary>
    Sines,
}

/// <summary>The keys within a layer; those of BART where nothing else is said.</summary>
internal sealed record TransformerKeys
{
    public AttentionKeys Self { get; init; } = new("self_attn");

    /// <summary>What looks at the encoder's states, in decoders.</summary>
    public AttentionKeys Cross { get; init; } = new("encoder_attn");

    /// <summary>The perceptron's first map.</summary>
    public string Up { get; init; } = "fc1";

    /// <summary>The perceptron's first two maps where one of them is a gate.</summary>
    public (string Gate, string Up) Gated { get; init; } = ("fc1_gate", "fc1");

    /// <summary>The perceptron's last map.</summary>
    public string Down { get; init; } = "fc2";

    public string PerceptronNorm { get; init; } = "final_layer_norm";
}

/// <summary>The keys of attention.</summary>
/// <param name="Module">The module that its maps are within.</param>
internal sealed record AttentionKeys(string Module)
{
    public (string Query, string Key, string Value) Maps { get; init; } = ("q_proj", "k_proj", "v_proj");

    /// <summary>What joins the heads, within the module.</summary>
    public string Joined { get; init; } = "out_proj";

    public string Norm { get; init; } = $"{Module}_layer_norm";
}
