using Graft.Autograd;

namespace Graft.Models;

/// <summary>The sizes of a Vision Transformer; the defaults are those of ViT-B/16 (Dosovitskiy et al. 2020).</summary>
internal sealed record VisionTransformerSettings
{
    public ImageSize Image { get; init; } = new(224, 224);

    public int Channels { get; init; } = 3;

    /// <summary>The side of a patch in pixels.</summary>
    public int Patch { get; init; } = 16;

    public int Width { get; init; } = 768;

    public int Layers { get; init; } = 12;

    public int Heads { get; init; } = 12;

    /// <summary>The width of the perceptron's inner layer.</summary>
    public int IntermediateWidth { get; init; } = 3072;

    public Activation Activation { get; init; } = Activation.Gelu;

    public float Dropout { get; init; }

    public float AttentionDropout { get; init; }

    public float LayerNormEpsilon { get; init; } = 1e-6f;

    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool HasQueryBias { get; init; } = true;

    /// <summary>Whether a second token, of distillation, stands behind the class token (DeiT).</summary>
    public bool HasDistillationToken { get; init; }

    /// <summary>Whether that token has a head of its own, and the logits are the mean of both heads' (DeiT).</summary>
    public bool HasDistillationHead { get; init; }

    public int Classes { get; init; } = 1000;

    /// <summary>Patches of a picture, and the tokens before them.</summary>
    public int Tokens => Image.Height / Patch * (Image.Width / Patch) + (HasDistillationToken ? 2 : 1);

    /// <summary>Reads Hugging Face's keys.</summary>
    /// <exception cref="CheckpointException">A setting is impossible or asks for what is not built.</exception>
    public static VisionTransformerSettings Read(HubConfig config, int classes)
    {
        var standard = new VisionTransformerSettings();
        var read = new VisionTransformerSettings
        {
            Image = config.ImageSize() ?? standard.Image,
            Channels = config.Count("num_channels", standard.Channels, HubConfig.MostChannels),
            Patch = config.Count("patch_size", standard.Patch, HubConfig.LargestSide),
            Width = config.Count("hidden_size", standard.Width),
            Layers = config.Count("num_hidden_layers", standard.Layers, HubConfig.MostLayers),
            Heads = config.Count("num_attention_heads", standard.Heads),
            IntermediateWidth = config.Count("intermediate_size", standard.IntermediateWidth),
            Activation = config.Activation("hidden_act", standard.Activation),
            Dropout = config.Share("hidden_dropout_prob", 0),
            AttentionDropout = config.Share("attention_probs_dropout_prob", 0),
            LayerNormEpsilon = config.Positive("layer_norm_eps", 1e-12f),
            HasQueryBias = config.Flag("qkv_bias", true),
            Classes = classes,
        };
        if (read.Width % read.Heads != 0)
            throw config.Fail("num_attention_heads", $"is {read.Heads}, which does not divide the hidden size {read.Width}");
        if (Math.Max(read.Image.Height, read.Image.Width) > HubConfig.LargestSide) throw config.Fail("image_size", $"is more than {HubConfig.LargestSide}");
        if (read.Image.Height < read.Patch || read.Image.Width < read.Patch)
            throw config.Fail("patch_size", $"is {read.Patch}, more than the picture of {read.Image.Height} x {read.Image.Width}");
        return read;
    }
}

/// <summary>The keys of a publisher's Vision Transformers, and the initial values, which differ too.</summary>
internal sealed record VisionTransformerStyle
{
    /// <summary>What stands before the keys of all but the head; null for nothing.</summary>
    public string? Trunk { get; init; }

    public required string Patches { get; init; }

    public required string ClassToken { get; init; }

    public string DistillationToken { get; init; } = "distillation_token";

    public required string Positions { get; init; }

    /// <summary>The key of a layer without its number.</summary>
    public required string Layer { get; init; }

    public required string Norm { get; init; }

    public required string Head { get; init; }

    public required string NormBefore { get; init; }

    public required string Attention { get; init; }

    /// <summary>The linear map that joins the heads.</summary>
    public required string Projection { get; init; }

    public required string NormAfter { get; init; }

    /// <summary>The perceptron's first linear map; the second key is that of older files.</summary>
    public required (string Key, string? Alias) Up { get; init; }

    /// <summary>The perceptron's second linear map; the second key is that of older files.</summary>
    public required (string Key, string? Alias) Down { get; init; }

    /// <summary>Whether queries, keys and values come of one map, <c>in_proj_weight</c>.</summary>
    public bool IsPacked { get; init; }

    public required Initialiser PatchWeight { get; init; }

    public required Initialiser Tokens { get; init; }

    public required Initialiser PositionValues { get; init; }

    public required Initialiser AttentionWeight { get; init; }

    /// <summary>Null for PyTorch's.</summary>
    public Initialiser? ProjectionWeight { get; init; }

    public required Initialiser PerceptronWeight { get; init; }

    public required Initialiser PerceptronBias { get; init; }

    public required Initialiser HeadWeight { get; init; }

    /// <summary>torchvision's.</summary>
    public static VisionTransformerStyle Torchvision(int patch) => new()
    {
        Patches = "conv_proj",
        ClassToken = "class_token",
        Positions = "encoder.pos_embedding",
        Layer = "encoder.layers.encoder_layer_",
        Norm = "encoder.ln",
        Head = "heads.head",
        NormBefore = "ln_1",
        Attention = "self_attention",
        Projection = "self_attention.out_proj",
        NormAfter = "ln_2",
        Up = ("mlp.0", "mlp.linear_1"),
        Down = ("mlp.3", "mlp.linear_2"),
        IsPacked = true,
        PatchWeight = Initialiser.Normal(1f / MathF.Sqrt(3f * patch * patch)),
        Tokens = Initialiser.Zeros,
        PositionValues = Initialiser.Normal(0.02f),
        AttentionWeight = Initialiser.XavierUniform,
        PerceptronWeight = Initialiser.XavierUniform,
        PerceptronBias = Initialiser.Normal(1e-6f),
        HeadWeight = Initialiser.Zeros,
    };

    /// <summary>Hugging Face's.</summary>
    /// <param name="trunk">The key of the bare model within one with a head: <c>vit</c>.</param>
    /// <param name="range">The deviation of the initial weights.</param>
    /// <param name="tokens">The initial values of tokens and positions.</param>
    public static VisionTransformerStyle HuggingFace(string trunk, float range, Initialiser tokens) => new()
    {
        Trunk = trunk,
        Patches = "embeddings.patch_embeddings.projection",
        ClassToken = "embeddings.cls_token",
        DistillationToken = "embeddings.distillation_token",
        Positions = "embeddings.position_embeddings",
        Layer = "encoder.layer.",
        Norm = "layernorm",
        Head = "classifier",
        NormBefore = "layernorm_before",
        Attention = "attention.attention",
        Projection = "attention.output.dense",
        NormAfter = "layernorm_after",
        Up = ("intermediate.dense", null),
        Down = ("output.dense", null),
        PatchWeight = Initialiser.Normal(range),
        Tokens = tokens,
        PositionValues = tokens,
        AttentionWeight = Initialiser.Normal(range),
        ProjectionWeight = Initialiser.Normal(range),
        PerceptronWeight = Initialiser.Normal(range),
        PerceptronBias = Initialiser.Zeros,
        HeadWeight = Initialiser.Normal(range),
    };

    /// <summary>A key of the trunk, from the model's root.</summary>
    public string InTrunk(string key) => Trunk is null ? key : $"{Trunk}.{key}";
}
