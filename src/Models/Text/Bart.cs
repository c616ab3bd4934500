using Graft.Autograd;

namespace Graft.Models;

/// <summary>BART (Lewis et al. 2020) and Marian (Junczys-Dowmunt et al. 2018): the Transformer's layers with a norm behind each part; BART has learnt positions
/// and a norm behind its embeddings, Marian sines.</summary>
internal static class Bart
{
    public static EncoderDecoderFamily Family { get; } = new(
        "bart", "BartModel", "BartForConditionalGeneration", static config => Read(config, Family!, new Standard(50265, Padding: 1, Start: 2, End: 2)))
    {
        EmbeddingNormKey = "layernorm_embedding",
    };

    public static EncoderDecoderFamily Marian { get; } = new("marian", "MarianModel", "MarianMTModel", ReadMarian) { Positions = PositionKind.Sines };

    private static EncoderDecoderConfig ReadMarian(HubConfig config)
    {
        config.RequireFlag("static_position_embeddings", true);
        config.RequireFlag("share_encoder_decoder_embeddings", true);
        config.RequireFlag("normalize_embedding", false);
        config.RequireFlag("tie_word_embeddings", true);
        var read = Read(config, Marian, new Standard(58101, Padding: 58100, Start: 58100, End: 0));
        if (config.Members.Integer("decoder_vocab_size") is { } words && words != read.VocabularySize)
            throw config.Fail("decoder_vocab_size", $"is {words}, and the encoder shares {read.VocabularySize} words with the decoder");
        return read;
    }

    private static EncoderDecoderConfig Read(HubConfig config, EncoderDecoderFamily family, Standard standard)
    {
        config.RequireFlag("normalize_before", false);
        config.RequireFlag("add_final_layer_norm", false);
        int vocabulary = config.Count("vocab_size", standard.Vocabulary), width = config.Count("d_model", 1024);
        return new EncoderDecoderConfig
        {
            Family = family,
            VocabularySize = vocabulary,
            Width = width,
            Encoder = Stack("encoder"),
            Decoder = Stack("decoder"),
            Activation = config.Activation("activation_function", Activation.Gelu),
            Dropout = config.Share("dropout", 0.1f),
            AttentionDropout = config.Share("attention_dropout", 0),
            ActivationDropout = config.Share("activation_dropout", 0),
            MaximumPositions = config.Count("max_position_embeddings", 1024),
            EmbeddingScale = config.Flag("scale_embedding", false) ? MathF.Sqrt(width) : 1,
            TieWordEmbeddings = config.Flag("tie_word_embeddings", true),
            PaddingToken = Token("pad_token_id", standard.Padding),
            DecoderStartToken = Token("decoder_start_token_id", standard.Start) ?? Token("eos_token_id", standard.End) ?? 0,
            EndToken = Token("eos_token_id", standard.End),
            Deviations = InitialDeviations.Of(config.Positive("init_std", 0.02f)),
            Members = config.Members,
        };

        StackSizes Stack(string of)
        {
            var sizes = new StackSizes(config.Count($"{of}_layers", 12, HubConfig.MostLayers), config.Count($"{of}_attention_heads", 16), config.Count($"{of}_ffn_dim", 4096));
            return width % sizes.Heads == 0 ? sizes : throw config.Fail($"{of}_attention_heads", $"is {sizes.Heads}, which does not divide the width {width} ('d_model')");
        }

        // what a small vocabulary has no room for is said by nobody, and then it is its last word
        int? Token(string name, int usual) => config.TokenOrNone(name, Math.Min(usual, vocabulary - 1), vocabulary);
    }

    /// <summary>What the family's class has where a config says nothing.</summary>
    private sealed record Standard(int Vocabulary, int Padding, int Start, int End);
}
