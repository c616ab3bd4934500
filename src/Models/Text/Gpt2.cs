using Graft.Autograd;

namespace Graft.Models;

/// <summary>GPT-2 (Radford et al. 2019): a decoder with learnt positions, whose linear maps keep their weights as [inputs, outputs].</summary>
internal static class Gpt2
{
    public static DecoderFamily Family { get; } = new("gpt2", "GPT2Model", "GPT2LMHeadModel", "transformer", static (config, withoutDropout) =>
    {
        var sizes = Read(config);
        return withoutDropout ? sizes.WithoutDropout() : sizes;
    });

    private static Gpt2Config Read(HubConfig config)
    {
        config.RequireFlag("scale_attn_weights", true);
        config.RequireFlag("scale_attn_by_inverse_layer_idx", false);
        config.RequireFlag("add_cross_attention", false);
        var standard = new Gpt2Config();
        int vocabulary = config.Count("vocab_size", standard.VocabularySize), width = config.Count("n_embd", standard.Width);
        var read = new Gpt2Config
        {
            VocabularySize = vocabulary,
            MaximumPositions = config.Count("n_positions", standard.MaximumPositions),
            Width = width,
            Layers = config.Count("n_layer", standard.Layers, HubConfig.MostLayers),
            Heads = config.Count("n_head", standard.Heads),
            IntermediateWidth = config.Count("n_inner", checked(4 * width)),
            Activation = config.Activation("activation_function", standard.Activation),
            EmbeddingDropout = config.Share("embd_pdrop", standard.EmbeddingDropout),
            AttentionDropout = config.Share("attn_pdrop", standard.AttentionDropout),
            ResidualDropout = config.Share("resid_pdrop", standard.ResidualDropout),
            LayerNormEpsilon = config.Positive("layer_norm_epsilon", standard.LayerNormEpsilon),
            InitializerRange = config.Positive("initializer_range", standard.InitializerRange),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            PaddingToken = config.Members.TryGet("pad_token_id", out _) ? config.TokenOrNone("pad_token_id", 0, vocabulary) : null,
            Members = config.Members,
        };
        return read.Width % read.Heads == 0 ? read : throw config.Fail("n_head", $"is {read.Heads}, which does not divide the width {read.Width} ('n_embd')");
    }
}

/// <summary>The sizes and settings of a GPT-2; the defaults are those of <c>gpt2</c>.</summary>
internal sealed record Gpt2Config : IDecoderConfig
{
    public DecoderFamily Family => Gpt2.Family;

    public TextModelSizes Sizes => new(VocabularySize, MaximumPositions, Width, PaddingToken);

    public int VocabularySize { get; init; } = 50257;

    public int MaximumPositions { get; init; } = 1024;

    public int Width { get; init; } = 768;

    public int Layers { get; init; } = 12;

    public int Heads { get; init; } = 12;

    public int IntermediateWidth { get; init; } = 3072;

    public Activation Activation { get; init; } = Activation.Find("gelu_new")!;

    public float EmbeddingDropout { get; init; } = 0.1f;

    public float AttentionDropout { get; init; } = 0.1f;

    public float ResidualDropout { get; init; } = 0.1f;

    public float LayerNormEpsilon { get; init; } = 1e-5f;

    public float InitializerRange { get; init; } = 0.02f;

    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>The token that fills sequences up; null for none.</summary>
    public int? PaddingToken { get; init; }

    public JsonObjectReader? Members { get; init; }

    public Gpt2Config WithoutDropout() => this with { EmbeddingDropout = 0, AttentionDropout = 0, ResidualDropout = 0 };

    public DecoderTrunk MakeTrunk() => new Gpt2Trunk(this);

    public LayerNorm Norm() => new(Width, LayerNormEpsilon);

    /// <summary>A linear map that is kept transposed (Hugging Face's <c>Conv1D</c>).</summary>
    public Linear Linear(int inputs, int outputs) => Linear(inputs, outputs, InitializerRange);

    /// <summary>A map that is added to the residual stream: the more layers there are, the smaller it begins.</summary>
    public Linear Residual(int inputs) => Linear(inputs, Width, InitializerRange / MathF.Sqrt(2 * Layers));

    private static Linear Linear(int inputs, int outputs, float deviation) =>
        new(inputs, outputs, initialiser: Initialiser.Normal(deviation), biasInitialiser: Initialiser.Zeros, isTransposed: true);
}
