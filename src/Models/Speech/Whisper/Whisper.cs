using Graft.Autograd;

namespace Graft.Models;

/// <summary>Whisper (Radford et al. 2022): two convolutions over mel bands and the Transformer's layers, each part behind its norm.</summary>
internal static class Whisper
{
    public static SpeechFamily Family { get; } = new(
        "whisper",
        [(SpeechHead.SequenceToSequence, "WhisperForConditionalGeneration")],
        static (_, config, _, seed, withoutDropout) => new WhisperModel(Read(config, withoutDropout)) { Seed = seed });

    /// <summary>What its stacks are made of.</summary>
    public static EncoderDecoderFamily Stacks { get; } = new("whisper", "", "WhisperForConditionalGeneration", static config => Read(config, withoutDropout: false).Sizes)
    {
        NormsFirst = true,
        FinalNormKey = "layer_norm",
        FirstPosition = 0,
        HasKeyBias = false,
        HasLogitsBias = false,
    };

    private static WhisperConfig Read(HubConfig config, bool withoutDropout)
    {
        config.RequireFlag("scale_embedding", false);
        int vocabulary = config.Count("vocab_size", 51865), width = config.Count("d_model", 384);
        var sizes = new EncoderDecoderConfig
        {
            Family = Stacks,
            VocabularySize = vocabulary,
            Width = width,
            Encoder = Stack("encoder"),
            Decoder = Stack("decoder"),
            Activation = config.Activation("activation_function", Activation.Gelu),
            Dropout = config.Share("dropout", 0),
            AttentionDropout = config.Share("attention_dropout", 0),
            ActivationDropout = config.Share("activation_dropout", 0),
            MaximumPositions = config.Count("max_target_positions", 448),
            PaddingToken = Token("pad_token_id", 50256),
            DecoderStartToken = Token("decoder_start_token_id", 50257) ?? 0,
            EndToken = Token("eos_token_id", 50256),
            Deviations = InitialDeviations.Of(config.Positive("init_std", 0.02f)),
            Members = config.Members,
        };
        return new WhisperConfig(withoutDropout ? sizes.WithoutDropout() : sizes, config.Count("num_mel_bins", 80), config.Count("max_source_positions", 1500));

        StackSizes Stack(string of)
        {
            var read = new StackSizes(config.Count($"{of}_layers", 4, HubConfig.MostLayers), config.Count($"{of}_attention_heads", 6), config.Count($"{of}_ffn_dim", 1536));
            return width % read.Heads == 0 ? read : throw config.Fail($"{of}_attention_heads", $"is {read.Heads}, which does not divide the width {width} ('d_model')");
        }

        int? Token(string name, int usual) => config.TokenOrNone(name, Math.Min(usual, vocabulary - 1), vocabulary);
    }
}

/// <summary>The sizes of a Whisper.</summary>
/// <param name="Sizes">Those of its encoder and its decoder.</param>
/// <param name="Bands">How many mel bands it reads (<c>num_mel_bins</c>).</param>
/// <param name="Positions">S: how many states a sound has (<c>max_source_positions</c>), each of two frames.</param>
internal sealed record WhisperConfig(EncoderDecoderConfig Sizes, int Bands, int Positions);
