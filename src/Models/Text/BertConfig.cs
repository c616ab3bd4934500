using Graft.Autograd;

namespace Graft.Models;

/// <summary>The sizes and settings of a BERT; the defaults are those of <c>bert-base-uncased</c>.</summary>
internal sealed record BertConfig
{
    private const int MostLabels = 1_000_000;

    public int VocabularySize { get; init; } = 30522;

    public int HiddenSize { get; init; } = 768;

    public int Layers { get; init; } = 12;

    public int Heads { get; init; } = 12;

    public int IntermediateSize { get; init; } = 3072;

    public Activation Activation { get; init; } = Activation.Gelu;

    public float HiddenDropout { get; init; } = 0.1f;

    public float AttentionDropout { get; init; } = 0.1f;

    /// <summary>Before a classifier.</summary>
    public float ClassifierDropout { get; init; } = 0.1f;

    public int MaximumPositions { get; init; } = 512;

    public int TokenTypes { get; init; } = 2;

    public float LayerNormEpsilon { get; init; } = 1e-12f;

    /// <summary>The token that fills sequences up; its embedding never learns. Null for none.</summary>
    public int? PaddingToken { get; init; } = 0;

    public float InitializerRange { get; init; } = 0.02f;

    public bool TieWordEmbeddings { get; init; } = true;

    public int Labels { get; init; } = 2;

    /// <summary>The classes' names in index order; LABEL_0, LABEL_1 ... where a file gives none.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    public ProblemType? Problem { get; init; }

    /// <summary><c>bert-base-uncased</c>.</summary>
    public static BertConfig Base { get; } = new();

    /// <summary>The size of <c>all-MiniLM-L6-v2</c>.</summary>
    public static BertConfig MiniLm { get; } = new() { HiddenSize = 384, Layers = 6, IntermediateSize = 1536 };

    /// <summary>The same without any dropout, so that training computes what inference does.</summary>
    public BertConfig WithoutDropout() => this with { HiddenDropout = 0, AttentionDropout = 0, ClassifierDropout = 0 };

    /// <summary>Reads the hub's keys.</summary>
    /// <exception cref="CheckpointException">A setting is impossible or asks for what is not built.</exception>
    public static BertConfig Read(HubConfig config)
    {
        var standard = Base;
        config.RequireText("position_embedding_type", "absolute");
        config.RequireFlag("is_decoder", false);
        config.RequireFlag("add_cross_attention", false);
        var names = config.LabelNames();
        float hiddenDropout = config.Share("hidden_dropout_prob", standard.HiddenDropout);
        int vocabulary = config.Count("vocab_size", standard.VocabularySize);
        var read = new BertConfig
        {
            VocabularySize = vocabulary,
            HiddenSize = config.Count("hidden_size", standard.HiddenSize),
            Layers = config.Count("num_hidden_layers", standard.Layers),
            Heads = config.Count("num_attention_heads", standard.Heads),
            IntermediateSize = config.Count("intermediate_size", standard.IntermediateSize),
            Activation = config.Activation("hidden_act", standard.Activation),
            HiddenDropout = hiddenDropout,
            AttentionDropout = config.Share("attention_probs_dropout_prob", standard.AttentionDropout),
            ClassifierDropout = config.Share("classifier_dropout", hiddenDropout),
            MaximumPositions = config.Count("max_position_embeddings", standard.MaximumPositions),
            TokenTypes = config.Count("type_vocab_size", standard.TokenTypes),
            LayerNormEpsilon = config.Positive("layer_norm_eps", standard.LayerNormEpsilon),
            PaddingToken = config.TokenOrNone("pad_token_id", 0, vocabulary),
            InitializerRange = config.Positive("initializer_range", standard.InitializerRange),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            Labels = names?.Count ?? config.Count("num_labels", standard.Labels, MostLabels),
            LabelNames = names,
            Problem = config.Problem("problem_type"),
        };
        return read.HiddenSize % read.Heads == 0
            ? read
            : throw config.Fail("num_attention_heads", $"is {read.Heads}, which does not divide the hidden size {read.HiddenSize}");
    }
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
