using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>The sizes of a Swin Transformer; the defaults are those of the tiny one.</summary>
internal sealed record SwinSettings
{
    public int Channels { get; init; } = 3;

    /// <summary>The side of a patch in pixels.</summary>
    public int Patch { get; init; } = 4;

    /// <summary>The channels of the first stage; each has twice those of the one before.</summary>
    public int Width { get; init; } = 96;

    public int[] Depths { get; init; } = [2, 2, 6, 2];

    public int[] Heads { get; init; } = [3, 6, 12, 24];

    /// <summary>The side of a window in patches.</summary>
    public int Window { get; init; } = 7;

    /// <summary>The width of the perceptron's inner layer in that of its input.</summary>
    public float PerceptronRatio { get; init; } = 4;

    public Activation Activation { get; init; } = Activation.Gelu;

    public float Dropout { get; init; }

    public float AttentionDropout { get; init; }

    /// <summary>The share of examples that do without the last block's branches; it grows from 0 at the first.</summary>
    public float StochasticDepth { get; init; }

    public float LayerNormEpsilon { get; init; } = 1e-5f;

    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool HasQueryBias { get; init; } = true;

    /// <summary>The deviation of the initial weights.</summary>
    public float InitialRange { get; init; } = 0.02f;

    public int Classes { get; init; } = 1000;

    /// <summary>Reads Hugging Face's keys.</summary>
    /// <exception cref="CheckpointException">A setting is impossible or asks for what is not built.</exception>
    public static SwinSettings Read(HubConfig config, int classes)
    {
        const int LargestWindow = 64;
        config.RequireFlag("use_absolute_embeddings", false);
        var standard = new SwinSettings();
        var read = new SwinSettings
        {
            Channels = config.Count("num_channels", standard.Channels, HubConfig.MostChannels),
            Patch = config.Count("patch_size", standard.Patch, HubConfig.LargestSide),
            Width = config.Count("embed_dim", standard.Width),
            Depths = config.Counts("depths", standard.Depths, HubConfig.MostLayers),
            Heads = config.Counts("num_heads", standard.Heads),
            Window = config.Count("window_size", standard.Window, LargestWindow),
            PerceptronRatio = config.Positive("mlp_ratio", standard.PerceptronRatio),
            Activation = config.Activation("hidden_act", standard.Activation),
            Dropout = config.Share("hidden_dropout_prob", 0),
            AttentionDropout = config.Share("attention_probs_dropout_prob", 0),
            StochasticDepth = config.Share("drop_path_rate", 0.1f),
            LayerNormEpsilon = config.Positive("layer_norm_eps", standard.LayerNormEpsilon),
            HasQueryBias = config.Flag("qkv_bias", true),
            InitialRange = config.Positive("initializer_range", standard.InitialRange),
            Classes = classes,
        };
        if (read.Heads.Length != read.Depths.Length)
            throw config.Fail("num_heads", $"has {read.Heads.Length} stages, but 'depths' {read.Depths.Length}");
        long widest = read.Width;
        for (int stage = 0; stage < read.Heads.Length; stage++, widest *= 2)
        {
            if (widest > HubConfig.MostWidth) throw config.Fail("embed_dim", $"is {read.Width}, too much for {read.Depths.Length} stages that double it");
            if (widest % read.Heads[stage] != 0)
                throw config.Fail("num_heads", $"is {read.Heads[stage]} in stage {stage + 1}, which does not divide its {widest} channels");
            if (widest * read.PerceptronRatio is < 1 or > HubConfig.MostWidth) throw config.Fail("mlp_ratio", $"is {read.PerceptronRatio}, impossible for {widest} channels");
        }
        return read;
    }
}

/// <summary>The keys of a publisher's Swin Transformer, and what it does otherwise.</summary>
internal sealed record SwinKeys
{
    /// <summary>What stands before the keys of all but the head; null for nothing.</summary>
    public string? Trunk { get; init; }

    public required string StemConvolution { get; init; }

    public required string StemNorm { get; init; }

    /// <summary>A block by its stage and its number within it.</summary>
    public required Func<int, int, string> Block { get; init; }

    /// <summary>The merging of patches behind a stage.</summary>
    public required Func<int, string> Merging { get; init; }

    public required string NormBefore { get; init; }

    public required string Attention { get; init; }

    /// <summary>The one map of queries, keys and values, within the attention; null where each has its own.</summary>
    public string? Packed { get; init; }

    /// <summary>The linear map that joins the heads.</summary>
    public required string Projection { get; init; }

    public required string NormAfter { get; init; }

    public required string Up { get; init; }

    public required string Down { get; init; }

    public required string Norm { get; init; }

    public required string Head { get; init; }

    /// <summary>Whether a picture that is no whole number of patches is padded; its rest is else left out.</summary>
    public bool PadsPatches { get; init; }

    /// <summary>Whether windows are shifted down and to the right or not at all, where a map is one window high or wide.</summary>
    public bool ShiftsBothWays { get; init; }

    /// <summary>Whether the biases of relative positions begin at 0.</summary>
    public bool IsTableZero { get; init; }

    public static SwinKeys Torchvision { get; } = new()
    {
        StemConvolution = "features.0.0",
        StemNorm = "features.0.2",
        Block = static (stage, block) => string.Create(CultureInfo.InvariantCulture, $"features.{2 * stage + 1}.{block}"),
        Merging = static stage => string.Create(CultureInfo.InvariantCulture, $"features.{2 * stage + 2}"),
        NormBefore = "norm1",
        Attention = "attn",
        Packed = "qkv",
        Projection = "attn.proj",
        NormAfter = "norm2",
        Up = "mlp.0",
        Down = "mlp.3",
        Norm = "norm",
        Head = "head",
    };

    public static SwinKeys HuggingFace { get; } = new()
    {
        Trunk = "swin",
        StemConvolution = "swin.embeddings.patch_embeddings.projection",
        StemNorm = "swin.embeddings.norm",
        Block = static (stage, block) => string.Create(CultureInfo.InvariantCulture, $"swin.encoder.layers.{stage}.blocks.{block}"),
        Merging = static stage => string.Create(CultureInfo.InvariantCulture, $"swin.encoder.layers.{stage}.downsample"),
        NormBefore = "layernorm_before",
        Attention = "attention.self",
        Projection = "attention.output.dense",
        NormAfter = "layernorm_after",
        Up = "intermediate.dense",
        Down = "output.dense",
        Norm = "swin.layernorm",
        Head = "classifier",
        PadsPatches = true,
        ShiftsBothWays = true,
        IsTableZero = true,
    };
}
