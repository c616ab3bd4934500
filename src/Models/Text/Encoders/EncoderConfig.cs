using Graft.Autograd;

namespace Graft.Models;

/// <summary>The sizes and settings of an encoder; the defaults are those of <c>bert-base-uncased</c>.</summary>
internal sealed record EncoderConfig
{
    public const int MostLabels = 1_000_000;

    /// <summary>The family: its keys, its heads.</summary>
    public EncoderFamily Family { get; init; } = Bert.Family;

    public int VocabularySize { get; init; } = 30522;

    /// <summary>The width of the embeddings where it is another than the encoder's; null for the same.</summary>
    public int? OwnEmbeddingSize { get; init; }

    public int EmbeddingSize => OwnEmbeddingSize ?? HiddenSize;

    public int HiddenSize { get; init; } = 768;

    public int Layers { get; init; } = 12;

    /// <summary>Sets of layers that are run again and again instead of layers of their own; 0 where each layer has its own weights.</summary>
    public int SharedGroups { get; init; }

    /// <summary>How many layers a shared set has.</summary>
    public int LayersInGroup { get; init; } = 1;

    public int Heads { get; init; } = 12;

    public int IntermediateSize { get; init; } = 3072;

    public Activation Activation { get; init; } = Activation.Gelu;

    public float HiddenDropout { get; init; } = 0.1f;

    public float AttentionDropout { get; init; } = 0.1f;

    /// <summary>Before a classifier of sequences.</summary>
    public float ClassifierDropout { get; init; } = 0.1f;

    /// <summary>Before a classifier of tokens.</summary>
    public float TokenDropout { get; init; } = 0.1f;

    /// <summary>Before the map that finds answers.</summary>
    public float AnswerDropout { get; init; }

    public int MaximumPositions { get; init; } = 512;

    /// <summary>0 where the family has none.</summary>
    public int TokenTypes { get; init; } = 2;

    /// <summary>How many distances the scores of attention know; 0 where they know none.</summary>
    public int RelativeBuckets { get; init; }

    public float LayerNormEpsilon { get; init; } = 1e-12f;

    /// <summary>The token that fills sequences up; its embedding never learns. Null for none.</summary>
    public int? PaddingToken { get; init; } = 0;

    public float InitializerRange { get; init; } = 0.02f;

    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Whether a bare encoder has the family's pooler.</summary>
    public bool HasPooler { get; init; } = true;

    public int Labels { get; init; } = 2;

    /// <summary>The classes' names in index order; null where a file gives none.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    public ProblemType? Problem { get; init; }

    /// <summary>The embeddings of another encoder, whose part they are; null for its own.</summary>
    public EncoderEmbeddings? SharedEmbeddings { get; init; }

    /// <summary>The config that it was read from; null for none.</summary>
    public JsonObjectReader? Members { get; init; }

    /// <summary>The first position, where positions are counted over the tokens that are no padding; 0 where they are 0, 1, 2 ...</summary>
    public int FirstPosition => Family.CountsPositions ? (PaddingToken ?? -1) + 1 : 0;

    /// <summary><c>bert-base-uncased</c>.</summary>
    public static EncoderConfig Base { get; } = new();

    /// <summary>The size of <c>all-MiniLM-L6-v2</c>.</summary>
    public static EncoderConfig MiniLm { get; } = new() { HiddenSize = 384, Layers = 6, IntermediateSize = 1536 };

    /// <summary>The same without any dropout, so that training computes what inference does.</summary>
    public EncoderConfig WithoutDropout() => this with { HiddenDropout = 0, AttentionDropout = 0, ClassifierDropout = 0, TokenDropout = 0, AnswerDropout = 0 };

    /// <summary>A linear map initialised as the encoders': normal weights, zero bias.</summary>
    public Linear Linear(int inputs, int outputs) =>
        new(inputs, outputs, initialiser: Initialiser.Normal(InitializerRange), biasInitialiser: Initialiser.Zeros);

    public LayerNorm Norm(int width) => new(width, LayerNormEpsilon);

    /// <summary>Reads BERT's keys.</summary>
    /// <exception cref="CheckpointException">A setting is impossible or asks for what is not built.</exception>
    public static EncoderConfig Read(HubConfig config) => Bert.Family.Read(config);

    /// <summary>Reads what a family's config says; what it leaves out is as in <paramref name="standard"/>.</summary>
    /// <exception cref="CheckpointException">A setting is impossible or asks for what is not built.</exception>
    public static EncoderConfig Read(HubConfig config, EncoderConfig standard, ConfigKeys keys)
    {
        config.RequireText("position_embedding_type", "absolute");
        config.RequireFlag("is_decoder", false);
        config.RequireFlag("add_cross_attention", false);
        var names = config.LabelNames();
        float hiddenDropout = config.Share(keys.HiddenDropout, standard.HiddenDropout);
        float classifierDropout = keys.ClassifierDropout is { } key ? config.Share(key, hiddenDropout) : hiddenDropout;
        int vocabulary = config.Count("vocab_size", standard.VocabularySize);
        var read = standard with
        {
            VocabularySize = vocabulary,
            HiddenSize = config.Count(keys.HiddenSize, standard.HiddenSize),
            Layers = config.Count(keys.Layers, standard.Layers, HubConfig.MostLayers),
            Heads = config.Count(keys.Heads, standard.Heads),
            IntermediateSize = config.Count(keys.IntermediateSize, standard.IntermediateSize),
            Activation = config.Activation(keys.Activation, standard.Activation),
            HiddenDropout = hiddenDropout,
            AttentionDropout = config.Share(keys.AttentionDropout, standard.AttentionDropout),
            ClassifierDropout = classifierDropout,
            TokenDropout = classifierDropout,
            MaximumPositions = config.Count("max_position_embeddings", standard.MaximumPositions),
            TokenTypes = standard.TokenTypes == 0 ? 0 : config.Count("type_vocab_size", standard.TokenTypes),
            LayerNormEpsilon = config.Positive("layer_norm_eps", standard.LayerNormEpsilon),
            PaddingToken = keys.FixedPaddingToken ?? config.TokenOrNone("pad_token_id", standard.PaddingToken ?? 0, vocabulary),
            InitializerRange = config.Positive("initializer_range", standard.InitializerRange),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            Labels = names?.Count ?? config.Count("num_labels", standard.Labels, MostLabels),
            LabelNames = names,
            Problem = config.Problem("problem_type"),
            Members = config.Members,
        };
        if (read.PaddingToken >= vocabulary) throw config.Fail("vocab_size", $"is {vocabulary}, and the family's padding token is {read.PaddingToken}");
        if (read.FirstPosition >= read.MaximumPositions)
            throw config.Fail("max_position_embeddings", $"is {read.MaximumPositions}, and positions begin behind the padding token {read.PaddingToken}: no token would have one");
        return read.HiddenSize % read.Heads == 0
            ? read : throw config.Fail(keys.Heads, $"is {read.Heads}, which does not divide the hidden size {read.HiddenSize}");
    }
}

/// <summary>The names of settings that differ from family to family.</summary>
internal sealed record ConfigKeys
{
    public string HiddenSize { get; init; } = "hidden_size";

    public string Layers { get; init; } = "num_hidden_layers";

    public string Heads { get; init; } = "num_attention_heads";

    public string IntermediateSize { get; init; } = "intermediate_size";

    public string Activation { get; init; } = "hidden_act";

    public string HiddenDropout { get; init; } = "hidden_dropout_prob";

    public string AttentionDropout { get; init; } = "attention_probs_dropout_prob";

    /// <summary>Null where a classifier's dropout is the hidden layers'.</summary>
    public string? ClassifierDropout { get; init; } = "classifier_dropout";

    /// <summary>The padding token of families in which a config does not say it; null where it does.</summary>
    public int? FixedPaddingToken { get; init; }
}

/// <summary>What a sequence classifier's labels are (<c>problem_type</c>).</summary>
internal enum ProblemType
{
    /// <summary>Numbers; the loss is the mean squared error.</summary>
    Regression,

    /// <summary>One class a sequence; the loss is the cross-entropy.</summary>
    SingleLabel,

    /// <summary>Any of the classes together; the loss is the binary cross-entropy.</summary>
    MultiLabel,
}
