using Graft.Autograd;

namespace Graft.Models;

/// <summary>T5 (Raffel et al. 2020): norms without a mean in front of each part, maps without biases, distances in attention's scores; version 1.1 gates its
/// perceptrons and unties the last map.</summary>
internal static class T5
{
    private static readonly (string Query, string Key, string Value) Maps = ("q", "k", "v");

    public static EncoderDecoderFamily Family { get; } = new("t5", "T5Model", "T5ForConditionalGeneration", Read)
    {
        TrunkKey = null,
        LayersKey = "block",
        EncoderKeys = Keys(1),
        DecoderKeys = Keys(2),
        Positions = PositionKind.None,
        FinalNormKey = "final_layer_norm",
        NormsFirst = true,
        HasMeanNorms = false,
        HasBiases = false,
        PaddingIsFixed = false,
        HasLogitsBias = false,
    };

    private static TransformerKeys Keys(int perceptron) => new()
    {
        Self = new AttentionKeys("layer.0.SelfAttention") { Maps = Maps, Joined = "o", Norm = "layer.0.layer_norm" },
        Cross = new AttentionKeys("layer.1.EncDecAttention") { Maps = Maps, Joined = "o", Norm = "layer.1.layer_norm" },
        Up = $"layer.{perceptron}.DenseReluDense.wi",
        Gated = ($"layer.{perceptron}.DenseReluDense.wi_0", $"layer.{perceptron}.DenseReluDense.wi_1"),
        Down = $"layer.{perceptron}.DenseReluDense.wo",
        PerceptronNorm = $"layer.{perceptron}.layer_norm",
    };

    private static EncoderDecoderConfig Read(HubConfig config)
    {
        int vocabulary = config.Count("vocab_size", 32128), width = config.Count("d_model", 512), size = config.Count("d_kv", 64);
        int inner = config.Count("d_ff", 2048), heads = config.Count("num_heads", 8), layers = config.Count("num_layers", 6, HubConfig.MostLayers);
        float factor = config.Positive("initializer_factor", 1), dropout = config.Share("dropout_rate", 0.1f), narrow = factor / MathF.Sqrt(width);
        var (activation, isGated) = Perceptron(config);
        bool isTied = config.Flag("tie_word_embeddings", true);
        return new EncoderDecoderConfig
        {
            Family = Family,
            VocabularySize = vocabulary,
            Width = width,
            Encoder = new StackSizes(layers, heads, inner),
            Decoder = new StackSizes(config.Count("num_decoder_layers", layers, HubConfig.MostLayers), heads, inner),
            HeadSize = size,
            AttentionScale = 1,
            Activation = activation,
            IsGated = isGated,
            Dropout = dropout,
            AttentionDropout = dropout,
            ActivationDropout = dropout,
            UsualLength = config.Count("n_positions", 512),
            RelativeBuckets = config.Count("relative_attention_num_buckets", 32),
            FarthestDistance = config.Count("relative_attention_max_distance", 128),
            LogitScale = isTied ? 1 / MathF.Sqrt(width) : 1,
            NormEpsilon = config.Positive("layer_norm_epsilon", 1e-6f),
            TieWordEmbeddings = isTied,
            PaddingToken = config.TokenOrNone("pad_token_id", 0, vocabulary),
            DecoderStartToken = config.TokenOrNone("decoder_start_token_id", 0, vocabulary) ?? 0,
            EndToken = config.TokenOrNone("eos_token_id", 1, vocabulary),
            Deviations = new InitialDeviations(factor, factor / MathF.Sqrt((float)width * size), narrow, factor / MathF.Sqrt((float)heads * size), factor / MathF.Sqrt(inner)),
            Members = config.Members,
        };
    }

    /// <summary><c>feed_forward_proj</c>: an activation, with <c>gated-</c> before it where it gates.</summary>
    private static (Activation Activation, bool IsGated) Perceptron(HubConfig config)
    {
        const string Name = "feed_forward_proj", Gated = "gated-";
        string word = config.Members.Text(Name) ?? "relu";
        bool isGated = word.StartsWith(Gated, StringComparison.Ordinal);
        // Hugging Face's class means the approximation by the tanh here, and here alone
        string name = word == "gated-gelu" ? "gelu_new" : isGated ? word[Gated.Length..] : word;
        return (Activation.Find(name) ?? throw config.Fail(Name, $"is '{Printable.Text(word)}'; built are {string.Join(", ", Activation.All.Select(row => row.Name))}, "
            + $"each also behind '{Gated}'"), isGated);
    }
}
