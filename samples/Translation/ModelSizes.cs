using System.Text;
using Graft.Models;

namespace Graft.Samples.Sequences;

/// <summary>The sizes of a small Transformer, Marian's layers.</summary>
internal sealed record ModelSizes
{
    public int Layers { get; init; } = 3;

    public int Width { get; init; } = 256;

    public int Heads { get; init; } = 4;

    public int InnerWidth { get; init; } = 1024;

    public double Dropout { get; init; } = 0.2;

    public int Positions { get; init; } = 256;

    /// <summary>The <c>config.json</c> of such a model with the special tokens of <see cref="Graft.Text.BpeTrainerOptions"/>.</summary>
    public byte[] Config(int vocabulary) => Encoding.UTF8.GetBytes(FormattableString.Invariant($$"""
        {
          "architectures": ["MarianMTModel"], "model_type": "marian", "vocab_size": {{vocabulary}}, "d_model": {{Width}},
          "encoder_layers": {{Layers}}, "decoder_layers": {{Layers}}, "encoder_attention_heads": {{Heads}}, "decoder_attention_heads": {{Heads}},
          "encoder_ffn_dim": {{InnerWidth}}, "decoder_ffn_dim": {{InnerWidth}}, "max_position_embeddings": {{Positions}},
          "activation_function": "relu", "dropout": {{Dropout}}, "attention_dropout": {{Dropout / 2}}, "init_std": {{1 / Math.Sqrt(Width)}},
          "scale_embedding": true, "static_position_embeddings": true, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1
        }
        """));

    public EncoderDecoderModel Create(int vocabulary, ulong seed) =>
        (EncoderDecoderModel)PretrainedModel.Create(JsonFile.Parse(Config(vocabulary), "config.json"), TextHead.SequenceToSequence, seed: seed);
}
