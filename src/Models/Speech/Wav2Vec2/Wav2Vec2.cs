using Graft.Autograd;

namespace Graft.Models;

/// <summary>wav2vec 2.0 (Baevski et al. 2020): convolutions over samples and a Transformer over their frames.</summary>
internal static class Wav2Vec2
{
    public static SpeechFamily Family { get; } = new(
        "wav2vec2",
        [
            (SpeechHead.None, "Wav2Vec2Model"), (SpeechHead.Ctc, "Wav2Vec2ForCTC"), (SpeechHead.SequenceClassification, "Wav2Vec2ForSequenceClassification"),
            // what it was pretrained with stands beside the encoder and is left
            (SpeechHead.None, "Wav2Vec2ForPreTraining"),
        ],
        static (head, config, labels, seed, withoutDropout) => new Wav2Vec2Model(Read(head, config, labels, withoutDropout), head) { Seed = seed });

    /// <summary>The keys of the layers, which are the Transformer's.</summary>
    public static EncoderDecoderFamily Layers { get; } = new("wav2vec2", "", "", static config => throw config.Fail("has no decoder"))
    {
        EncoderKeys = new TransformerKeys
        {
            Self = new AttentionKeys("attention") { Norm = "layer_norm" },
            Up = "feed_forward.intermediate_dense",
            Down = "feed_forward.output_dense",
        },
    };

    private static Wav2Vec2Config Read(SpeechHead head, HubConfig config, int? labels, bool withoutDropout)
    {
        config.RequireFlag("add_adapter", false);
        config.RequireFlag("use_weighted_layer_sum", false);
        int[] channels = config.Counts("conv_dim", [512, 512, 512, 512, 512, 512, 512]);
        int width = config.Count("hidden_size", 768), heads = config.Count("num_attention_heads", 12), vocabulary = config.Count("vocab_size", 32);
        string norm = config.Members.Text("feat_extract_norm") ?? "group";
        if (norm is not ("group" or "layer")) throw config.Fail("feat_extract_norm", $"is '{Printable.Text(norm)}', not 'group' or 'layer'");
        string reduction = config.Members.Text("ctc_loss_reduction") ?? "sum";
        if (reduction is not ("sum" or "mean")) throw config.Fail("ctc_loss_reduction", $"is '{Printable.Text(reduction)}', not 'sum' or 'mean'");
        var read = new Wav2Vec2Config
        {
            Channels = channels,
            Kernels = PerConvolution("conv_kernel", [10, 3, 3, 3, 3, 2, 2]),
            Strides = PerConvolution("conv_stride", [5, 2, 2, 2, 2, 2, 2]),
            HasConvolutionBias = config.Flag("conv_bias", false),
            NormsEveryConvolution = norm == "layer",
            ConvolutionActivation = config.Activation("feat_extract_activation", Activation.Gelu),
            Width = width,
            Layers = config.Count("num_hidden_layers", 12, HubConfig.MostLayers),
            Heads = heads,
            IntermediateWidth = config.Count("intermediate_size", 3072),
            Activation = config.Activation("hidden_act", Activation.Gelu),
            NormsFirst = config.Flag("do_stable_layer_norm", false),
            PositionKernel = config.Count("num_conv_pos_embeddings", 128),
            PositionGroups = config.Count("num_conv_pos_embedding_groups", 16),
            NormEpsilon = config.Positive("layer_norm_eps", 1e-5f),
            InitializerRange = config.Positive("initializer_range", 0.02f),
            HiddenDropout = config.Share("hidden_dropout", 0.1f),
            AttentionDropout = config.Share("attention_dropout", 0.1f),
            ActivationDropout = config.Share("activation_dropout", 0.1f),
            ProjectionDropout = config.Share("feat_proj_dropout", 0),
            FinalDropout = config.Share("final_dropout", 0.1f),
            Blank = config.TokenOrNone("pad_token_id", 0, vocabulary) ?? 0,
            IsLossMean = reduction == "mean",
            ZeroInfinity = config.Flag("ctc_zero_infinity", false),
            ClassifierWidth = config.Count("classifier_proj_size", 256),
            LabelNames = head == SpeechHead.SequenceClassification && labels is null ? config.LabelNames() : null,
            Labels = labels ?? (head == SpeechHead.Ctc ? vocabulary : config.LabelCount()),
            Members = config.Members,
        };
        if (width % heads != 0) throw config.Fail("num_attention_heads", $"is {heads}, which does not divide the width {width} ('hidden_size')");
        if (width % read.PositionGroups != 0)
            throw config.Fail("num_conv_pos_embedding_groups", $"is {read.PositionGroups}, which does not divide the width {width} ('hidden_size')");
        if (read.Blank >= read.Labels && head == SpeechHead.Ctc) throw config.Fail("pad_token_id", $"is {read.Blank}, and there are {read.Labels} labels");
        return withoutDropout ? read.WithoutDropout() : read;

        int[] PerConvolution(string name, int[] standard)
        {
            int[] numbers = config.Counts(name, standard);
            return numbers.Length == channels.Length ? numbers
                : throw config.Fail(name, $"has {numbers.Length} numbers, and there are {channels.Length} convolutions ('conv_dim')");
        }
    }
}

/// <summary>The sizes and settings of a wav2vec 2.0.</summary>
internal sealed record Wav2Vec2Config
{
    public required int[] Channels { get; init; }

    public required int[] Kernels { get; init; }

    public required int[] Strides { get; init; }

    public required bool HasConvolutionBias { get; init; }

    /// <summary>Whether each convolution has a layer norm; else the first has a norm of each channel over time.</summary>
    public required bool NormsEveryConvolution { get; init; }

    public required Activation ConvolutionActivation { get; init; }

    public required int Width { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int IntermediateWidth { get; init; }

    public required Activation Activation { get; init; }

    /// <summary>Whether each part of a layer is behind its norm (<c>do_stable_layer_norm</c>).</summary>
    public required bool NormsFirst { get; init; }

    public required int PositionKernel { get; init; }

    public required int PositionGroups { get; init; }

    public required float NormEpsilon { get; init; }

    public required float InitializerRange { get; init; }

    public float HiddenDropout { get; init; }

    public float AttentionDropout { get; init; }

    public float ActivationDropout { get; init; }

    public float ProjectionDropout { get; init; }

    public float FinalDropout { get; init; }

    /// <summary>The label of a frame that means none: the padding token.</summary>
    public required int Blank { get; init; }

    public required bool IsLossMean { get; init; }

    public required bool ZeroInfinity { get; init; }

    public required int ClassifierWidth { get; init; }

    /// <summary>The names of a classifier's labels; null where the config has none.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    /// <summary>How many labels the head tells apart.</summary>
    public required int Labels { get; init; }

    /// <summary>The config that it was read from; null for none.</summary>
    public JsonObjectReader? Members { get; init; }

    public Wav2Vec2Config WithoutDropout() =>
        this with { HiddenDropout = 0, AttentionDropout = 0, ActivationDropout = 0, ProjectionDropout = 0, FinalDropout = 0 };

    public LayerNorm Norm(int width) => new(width, NormEpsilon);

    /// <summary>What the layers are made of.</summary>
    public EncoderDecoderConfig Layer() => new()
    {
        Family = Wav2Vec2.Layers with { NormsFirst = NormsFirst },
        VocabularySize = 0,
        Width = Width,
        Encoder = new StackSizes(Layers, Heads, IntermediateWidth),
        Decoder = default,
        Activation = Activation,
        Dropout = HiddenDropout,
        AttentionDropout = AttentionDropout,
        ActivationDropout = ActivationDropout,
        NormEpsilon = NormEpsilon,
        DecoderStartToken = 0,
        Deviations = InitialDeviations.Of(InitializerRange),
    };

    public Linear Linear(int inputs, int outputs) => new(inputs, outputs, true, Initialiser.Normal(InitializerRange), Initialiser.Zeros);

    /// <summary>How many frames so many samples make.</summary>
    public int FramesOf(int length)
    {
        for (int at = 0; at < Kernels.Length; at++) length = length < Kernels[at] ? 0 : (length - Kernels[at]) / Strides[at] + 1;
        return length;
    }
}
