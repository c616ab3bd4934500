using Graft.Models;

namespace Graft.Peers;

/// <summary>The sizes of a BERT with a classifier, from which every side makes its own; what else there is to set is as in
/// <c>bert-base-uncased</c>.</summary>
internal sealed record BertSizes
{
    public const int VocabularySize = 30522, Heads = 12, MaximumPositions = 512, TokenTypes = 2, PaddingToken = 0, Labels = 2;

    public const float Dropout = 0.1f, LayerNormEpsilon = 1e-12f, InitializerRange = 0.02f;

    public int HiddenSize { get; init; } = 768;

    public int Layers { get; init; } = 12;

    public int IntermediateSize { get; init; } = 3072;

    /// <summary><c>bert-base-uncased</c>.</summary>
    public static BertSizes Base { get; } = new();

    /// <summary>The size of <c>all-MiniLM-L6-v2</c>.</summary>
    public static BertSizes MiniLm { get; } = new() { HiddenSize = 384, Layers = 6, IntermediateSize = 1536 };

    /// <summary>Ours, with random weights.</summary>
    public TextModel Create()
    {
        byte[] config = JsonFile.Format(writer =>
        {
            writer.WriteStartArray("architectures");
            writer.WriteStringValue("BertForSequenceClassification");
            writer.WriteEndArray();
            writer.WriteNumber("vocab_size", VocabularySize);
            writer.WriteNumber("hidden_size", HiddenSize);
            writer.WriteNumber("num_hidden_layers", Layers);
            writer.WriteNumber("num_attention_heads", Heads);
            writer.WriteNumber("intermediate_size", IntermediateSize);
            writer.WriteNumber("hidden_dropout_prob", Dropout);
            writer.WriteNumber("attention_probs_dropout_prob", Dropout);
            writer.WriteNumber("max_position_embeddings", MaximumPositions);
            writer.WriteNumber("type_vocab_size", TokenTypes);
            writer.WriteNumber("layer_norm_eps", LayerNormEpsilon);
            writer.WriteNumber("pad_token_id", PaddingToken);
            writer.WriteNumber("initializer_range", InitializerRange);
            writer.WriteNumber("num_labels", Labels);
        });
        return PretrainedModel.Create(JsonFile.Parse(config, "config.json"), seed: 1);
    }
}
