using Graft.Autograd;

namespace Graft.Models;

/// <summary>The decoders of Llama's kind (Touvron et al. 2023): norms without a mean in front of each part, positions as angles of queries and keys, a gated
/// perceptron, keys of fewer heads; Mistral (Jiang et al. 2023) sees the last keys alone, Qwen2 (Yang et al. 2024) has biases in front of attention.</summary>
internal static class Llama
{
    private const string TrunkKey = "model";

    public static DecoderFamily[] Families { get; } =
    [
        new("llama", "LlamaModel", "LlamaForCausalLM", TrunkKey, static (config, withoutDropout) => Read(config, withoutDropout, "llama", 32000, bias: null, window: null)),
        new("mistral", "MistralModel", "MistralForCausalLM", TrunkKey, static (config, withoutDropout) => Read(config, withoutDropout, "mistral", 32000, bias: false, MistralWindow)),
        new("qwen2", "Qwen2Model", "Qwen2ForCausalLM", TrunkKey, static (config, withoutDropout) => Read(config, withoutDropout, "qwen2", 151936, bias: true, QwenWindow)),
    ];

    /// <param name="config">The file.</param>
    /// <param name="withoutDropout">Whether dropout is left out.</param>
    /// <param name="family">The family's name.</param>
    /// <param name="vocabulary">How many words it has where nothing is said.</param>
    /// <param name="bias">Whether queries, keys and values have biases; null for what <c>attention_bias</c> says of these and the map behind.</param>
    /// <param name="window">How many keys a query of each layer sees; null for all.</param>
    private static LlamaConfig Read(HubConfig config, bool withoutDropout, string family, int vocabulary, bool? bias, Func<HubConfig, int, int>? window)
    {
        const string HeadsName = "num_attention_heads", KeyHeadsName = "num_key_value_heads", SizeName = "head_dim";
        int words = config.Count("vocab_size", vocabulary), width = config.Count("hidden_size", 4096), heads = config.Count(HeadsName, 32);
        int keyHeads = config.Count(KeyHeadsName, heads), layers = config.Count("num_hidden_layers", 32, HubConfig.MostLayers);
        if (!config.Members.TryGet(SizeName, out _) && width % heads != 0) throw config.Fail(HeadsName, $"is {heads}, which does not divide the width {width} ('hidden_size')");
        if (heads % keyHeads != 0) throw config.Fail(KeyHeadsName, $"is {keyHeads}, which does not divide the {heads} heads of queries ('{HeadsName}')");
        int size = config.Count(SizeName, width / heads), positions = config.Count("max_position_embeddings", 2048);
        if (size % 2 != 0) throw config.Fail(SizeName, $"is {size}, and positions turn pairs of numbers");
        bool said = bias is null && config.Flag("attention_bias", false);
        return new LlamaConfig
        {
            Family = Array.Find(Families, row => row.ModelType == family)!,
            VocabularySize = words,
            MaximumPositions = positions,
            Width = width,
            Layers = layers,
            Heads = heads,
            KeyHeads = keyHeads,
            HeadSize = size,
            IntermediateWidth = config.Count("intermediate_size", 11008),
            Activation = config.Activation("hidden_act", Activation.Find("silu")!),
            AttentionDropout = withoutDropout ? 0 : config.Share("attention_dropout", 0),
            NormEpsilon = config.Positive("rms_norm_eps", 1e-6f),
            InitializerRange = config.Positive("initializer_range", 0.02f),
            HasAttentionBiases = bias ?? said,
            HasOutputBias = said,
            HasPerceptronBiases = config.Flag("mlp_bias", false),
            Windows = [.. Enumerable.Range(0, layers).Select(layer => window?.Invoke(config, layer) ?? 0)],
            Rotary = RotaryScaling.Read(config, size, positions),
            TieWordEmbeddings = config.Flag("tie_word_embeddings", false),
            PaddingToken = config.Members.TryGet("pad_token_id", out var padding) && !padding.ToString().StartsWith('-') ? config.TokenOrNone("pad_token_id", 0, words) : null,
            Members = config.Members,
        };
    }

    private static int MistralWindow(HubConfig config, int layer) => WindowOf(config, config.Members.Element.TryGetProperty(WindowName, out _) ? 0 : 4096);

    private static int QwenWindow(HubConfig config, int layer) =>
        config.Flag("use_sliding_window", false) && layer >= config.Count("max_window_layers", 28) ? WindowOf(config, 4096) : 0;

    private const string WindowName = "sliding_window";

    private static int WindowOf(HubConfig config, int standard) => config.Members.TryGet(WindowName, out _) ? config.Count(WindowName, standard) : standard;
}

/// <summary>The sizes and settings of a decoder of Llama's kind.</summary>
internal sealed record LlamaConfig : IDecoderConfig
{
    public required DecoderFamily Family { get; init; }

    public required int VocabularySize { get; init; }

    public required int MaximumPositions { get; init; }

    public required int Width { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int KeyHeads { get; init; }

    public required int HeadSize { get; init; }

    public required int IntermediateWidth { get; init; }

    public required Activation Activation { get; init; }

    public float AttentionDropout { get; init; }

    public float NormEpsilon { get; init; }

    public float InitializerRange { get; init; }

    public bool HasAttentionBiases { get; init; }

    public bool HasOutputBias { get; init; }

    public bool HasPerceptronBiases { get; init; }

    /// <summary>How many keys a query of each layer sees; 0 for all.</summary>
    public required int[] Windows { get; init; }

    public required RotaryScaling Rotary { get; init; }

    public bool TieWordEmbeddings { get; init; }

    public int? PaddingToken { get; init; }

    public JsonObjectReader? Members { get; init; }

    public TextModelSizes Sizes => new(VocabularySize, MaximumPositions, Width, PaddingToken);

    public DecoderTrunk MakeTrunk() => new LlamaTrunk(this);

    public RmsNorm Norm() => new(Width, NormEpsilon);

    public Linear Linear(int inputs, int outputs, bool hasBias) =>
        new(inputs, outputs, hasBias, Initialiser.Normal(InitializerRange), Initialiser.Zeros);
}
